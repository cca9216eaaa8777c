"""What reading people's work came to: annotations, and everything that is wrong with it."""

from collections import Counter
from dataclasses import dataclass, field

from cdal.annotations.storage import Annotation


@dataclass
class Found:
    """Annotations as they were read, and problems: one short phrase each, in the order of the source."""

    annotations: list[Annotation] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)

    def check_duplicates(self) -> None:
        """Note every tile that one person annotated twice."""
        count = Counter((one.tile_id, one.labeller) for one in self.annotations)
        for (tile_id, labeller), times in count.items():
            if times > 1:
                self.problems.append(f"{tile_id} has {times} annotations by {labeller}, expected one")
