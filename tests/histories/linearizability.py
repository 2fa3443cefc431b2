"""Whether answers can be explained by the plain model, one change after the other.

The search of Wing and Gong, with a memory of what has been tried:
https://www.cs.cmu.edu/~wing/publications/WingGong93.pdf
"""

from collections.abc import Sequence

from tests.histories.clients import Sent
from tests.model import Answering


def explanations(start: Sequence[Answering], sent: Sequence[Sent]) -> list[Answering]:
    """Return every state that the model can be in after what was sent, none when no order explains it.

    Args:
        start: the states it can be in before.
        sent: a history; one that ended before another began comes first.
    """
    ends: dict[str, Answering] = {}
    tried: set[tuple[frozenset[int], str]] = set()
    left = [(model, frozenset(range(len(sent)))) for model in start]
    while left:
        model, rest = left.pop()
        if not rest:
            ends[model.key()] = model
            continue
        if (rest, model.key()) in tried:
            continue
        tried.add((rest, model.key()))
        first_end = min(sent[n].ended for n in rest)
        for n in rest:
            # Whoever began after another had ended cannot come before it.
            if sent[n].began < first_end:
                after = model.copy()
                if after.answer(sent[n].request) == sent[n].answer:
                    left.append((after, rest - {n}))
    return list(ends.values())
