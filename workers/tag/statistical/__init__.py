"""Names that no catalogue knows, by a small network in numpy. `StatisticalTagger.load(config_dir)` is the way in."""

from workers.tag.statistical.tagger import StatisticalTagger

__all__ = ["StatisticalTagger"]
