"""What report, mail and feed have in common: text made fit to print, values in a person's words, links."""
