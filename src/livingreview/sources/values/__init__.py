"""Values that several parsers read alike: dates, markup, MeSH, words of registries."""
