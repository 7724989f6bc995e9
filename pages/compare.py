"""Compare: two samplers, two models, the test split or a person's own CIFs side by side before the same judges."""

from disgen.ui import frame
from disgen.ui.compare.page import show_compare

frame.heading(
    "Compare",
    "Two sets of crystals side by side: samplers, models, real crystals, or CIFs of yours from any program, before "
    "judges that no training has seen.",
)
key, _ = frame.chosen_run()
show_compare(key)
