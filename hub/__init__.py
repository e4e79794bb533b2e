"""The Enforcement Hub: the message bus between a city's enforcement brigade, its bureaus, police, procuratorate and courts."""
