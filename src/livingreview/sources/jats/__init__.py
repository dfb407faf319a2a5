"""Articles in JATS XML (Journal Article Tag Suite, NISO Z39.96), as PubMed Central and Europe PMC give full texts."""
