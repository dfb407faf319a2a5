"""The content model of PubMed's XML, after https://dtd.nlm.nih.gov/ncbi/pubmed/doc/out/190101/ and the later DTDs.

Articles are modelled whole, so that nearly all of them match as they are. Of books, of which there are few and whose
sections nest without end, only what is read is modelled. Reference lists are cut off before anything is read.
"""

from livingreview.sources.pubmed.xml_shape import Model

_CONTENT = {
    "PubmedArticle": "MedlineCitation PubmedData",
    "MedlineCitation": "PMID DateCompleted DateRevised Article MedlineJournalInfo ChemicalList SupplMeshList"
    " CitationSubset* CommentsCorrectionsList GeneSymbolList MeshHeadingList NumberOfReferences"
    " PersonalNameSubjectList OtherID* OtherAbstract* KeywordList* CoiStatement SpaceFlightMission* InvestigatorList"
    " GeneralNote*",
    "DateCompleted": "Year Month Day",
    "DateRevised": "Year Month Day",
    "Article": "Journal ArticleTitle Pagination ELocationID* Abstract AuthorList* Language* DataBankList GrantList"
    " PublicationTypeList VernacularTitle ArticleDate*",
    "Journal": "ISSN JournalIssue Title ISOAbbreviation",
    "JournalIssue": "Volume Issue PubDate",
    "PubDate": "Year Month Day Season MedlineDate",
    "Pagination": "StartPage EndPage MedlinePgn",
    "Abstract": "AbstractText* CopyrightInformation",
    "AuthorList": "Author*",
    "Author": "LastName ForeName Initials Suffix CollectiveName Affiliation* Identifier* AffiliationInfo*",
    "AffiliationInfo": "Affiliation* Identifier*",
    "DataBankList": "DataBank*",
    "DataBank": "DataBankName AccessionNumberList",
    "AccessionNumberList": "AccessionNumber*",
    "GrantList": "Grant*",
    "Grant": "GrantID Acronym Agency Country",
    "PublicationTypeList": "PublicationType*",
    "ArticleDate": "Year Month Day",
    "MedlineJournalInfo": "Country MedlineTA NlmUniqueID ISSNLinking",
    "ChemicalList": "Chemical*",
    "Chemical": "RegistryNumber NameOfSubstance",
    "SupplMeshList": "SupplMeshName*",
    "CommentsCorrectionsList": "CommentsCorrections*",
    "CommentsCorrections": "RefSource PMID Note",
    "GeneSymbolList": "GeneSymbol*",
    "MeshHeadingList": "MeshHeading*",
    "MeshHeading": "DescriptorName QualifierName*",
    "PersonalNameSubjectList": "PersonalNameSubject*",
    "PersonalNameSubject": "LastName ForeName Initials Suffix",
    "OtherAbstract": "AbstractText* CopyrightInformation",
    "KeywordList": "Keyword*",
    "InvestigatorList": "Investigator*",
    "Investigator": "LastName ForeName Initials Suffix Identifier* AffiliationInfo*",
    "PubmedData": "History PublicationStatus ArticleIdList ObjectList",
    "History": "PubMedPubDate*",
    "PubMedPubDate": "Year Month Day Hour Minute Second",
    "ArticleIdList": "ArticleId*",
    "ObjectList": "Object*",
    "Object": "Param*",
    "PubmedBookArticle": "BookDocument PubmedBookData",
    "BookDocument": "PMID ArticleIdList Book ArticleTitle VernacularTitle Language* AuthorList* PublicationType*"
    " Abstract KeywordList* ContributionDate DateRevised",
    "Book": "BookTitle PubDate AuthorList*",
    "ContributionDate": "Year Month Day Season MedlineDate",
    "PubmedBookData": "History",
}
_ATTRIBUTES = {
    "MedlineCitation": "Status VersionID VersionDate IndexingMethod Owner",
    "PMID": "Version",
    "Article": "PubModel",
    "ISSN": "IssnType",
    "JournalIssue": "CitedMedium",
    "ELocationID": "EIdType ValidYN",
    "AbstractText": "Label NlmCategory",
    "AuthorList": "CompleteYN Type",
    "Author": "ValidYN EqualContrib",
    "Identifier": "Source",
    "DataBankList": "CompleteYN",
    "GrantList": "CompleteYN",
    "PublicationType": "UI",
    "ArticleDate": "DateType",
    "NameOfSubstance": "UI",
    "SupplMeshName": "Type UI",
    "CommentsCorrections": "RefType",
    "DescriptorName": "UI MajorTopicYN Type",
    "QualifierName": "UI MajorTopicYN",
    "OtherID": "Source",
    "OtherAbstract": "Type Language",
    "KeywordList": "Owner",
    "Keyword": "MajorTopicYN",
    "Investigator": "ValidYN",
    "GeneralNote": "Owner",
    "PubMedPubDate": "PubStatus",
    "ArticleId": "IdType",
    "Object": "Type",
    "Param": "Name",
}

MODEL = Model(_CONTENT, _ATTRIBUTES)
