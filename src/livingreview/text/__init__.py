"""What report, mail and feed say alike: text made fit to be shown, values in a person's words, links."""
