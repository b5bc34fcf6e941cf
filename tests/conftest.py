"""What all tests share: property tests are judged by what they find, not by how long they take."""

from hypothesis import settings

settings.register_profile("etp", deadline=None)
settings.load_profile("etp")
