"""PubMed: searching, its XML, the fields of a record."""
