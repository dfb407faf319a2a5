"""From services and files into the store: what is asked, read, archived and reconciled."""
