"""The statements of the review: their rules, and what the evidence says to each."""
