"""Who and where: names found and linked. Pure. `Tagger.load(config_dir, settings).tag(cleaned)` is the way in."""

from workers.tag.catalogue import Catalogue
from workers.tag.port import NameSpan, NameTagger, Printed
from workers.tag.tagger import Tagger

__all__ = ["Catalogue", "NameSpan", "NameTagger", "Printed", "Tagger"]
