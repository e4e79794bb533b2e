"""The command line: nouns first, verbs that mean what they mean elsewhere, results on stdout, everything else on stderr."""
