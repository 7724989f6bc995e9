"""One person's session with the app, over its real WebSocket, as the browser's own program speaks to it.

Only what the measurements need is understood: texts that a script writes, charts and buttons that can be clicked, and
the end of a script.
"""

from __future__ import annotations

import json
import re
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Self

from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.exceptions import WebSocketException
from websockets.sync.client import connect

from disgen.errors import DisgenError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from streamlit.proto.Delta_pb2 import Delta

_LARGEST = 200_000_000  # bytes of a message: the map's figure takes some
_INTERNAL = "$$STREAMLIT_INTERNAL_KEY"  # before the identity of what a component triggers
_FORMULA = re.compile(r'data-formula="([^"]*)"')
_ENDS = {
    ForwardMsg.FINISHED_SUCCESSFULLY,
    ForwardMsg.FINISHED_WITH_COMPILE_ERROR,
    ForwardMsg.FINISHED_FRAGMENT_RUN_SUCCESSFULLY,
}


class SessionError(DisgenError):
    """The server does not answer a session; the message says what happened."""


@dataclass
class Answer:
    """What a script wrote.

    Attributes:
        seconds: from the request to the end of the script.
        captions: small texts.
        formulas: of the crystals that have a heading.
        problems: what is shown as an error.
    """

    seconds: float = 0.0
    captions: list[str] = field(default_factory=list)
    formulas: list[str] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)


class Session:
    """A page of the app, open in a session of its own; close it as one closes a tab.

    Args:
        url: of the app.
        page: its path.
        query: of the address, without the question mark.
        patience: seconds that an answer may take.
    """

    def __init__(self, url: str, page: str, query: str, patience: float) -> None:
        self._page, self._query, self._patience = page, query, patience
        self._charts: dict[str, str] = {}  # the fragment of each map
        self._buttons: dict[str, tuple[str, str]] = {}  # identity and fragment, by label
        address = url.replace("http", "ws", 1) + "/_stcore/stream"
        try:
            self._socket = connect(
                address, max_size=_LARGEST, open_timeout=patience, compression=None, ping_interval=None
            )
        except (OSError, WebSocketException) as error:
            msg = f"The app takes no further session ({error})."
            raise SessionError(msg) from error

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._socket.close()

    @property
    def buttons(self) -> set[str]:
        """Labels of the buttons that have been seen since the page was opened."""
        return set(self._buttons)

    def open(self) -> Answer:
        """The whole page, from the first request on.

        Raises:
            SessionError: as `click` does.
        """
        self._buttons.clear()
        return self._ask([])

    def click(self, row: int) -> Answer:
        """Click a point of the map.

        Raises:
            SessionError: if there is no map, or no answer.
        """
        if not self._charts:
            msg = "The page has no map to click."
            raise SessionError(msg)
        chart, fragment = next(iter(self._charts.items()))
        event = [{"event": "clicked", "value": [row]}]
        events = {"id": f"{_INTERNAL}_{chart}__events", "json_trigger_value": json.dumps(event)}
        return self._ask([{"id": chart, "json_value": "{}"}, events], fragment)

    def push(self, label: str) -> Answer:
        """Push a button.

        Raises:
            SessionError: if there is no such button, or no answer.
        """
        if label not in self._buttons:
            msg = f"The page has no button {label!r}."
            raise SessionError(msg)
        identity, fragment = self._buttons[label]
        return self._ask([{"id": identity, "trigger_value": True}], fragment)

    def _ask(self, widgets: Sequence[dict[str, Any]], fragment: str = "") -> Answer:
        request = BackMsg()
        state = request.rerun_script
        state.page_name, state.query_string, state.fragment_id = self._page, self._query, fragment
        for widget in widgets:
            state.widget_states.widgets.add(**widget)
        start = time.monotonic()
        answer = Answer()
        try:
            self._socket.send(request.SerializeToString())
            while (left := start + self._patience - time.monotonic()) > 0.0:
                message = ForwardMsg.FromString(self._socket.recv(left, decode=False))
                kind = message.WhichOneof("type")
                if kind == "delta":
                    self._note(message.delta, answer)
                elif kind == "page_info_changed":
                    self._query = message.page_info_changed.query_string  # as a browser's address follows
                elif kind == "script_finished" and message.script_finished in _ENDS:
                    answer.seconds = time.monotonic() - start
                    return answer
        except (OSError, WebSocketException) as error:
            msg = f"The app does not answer a session ({error or type(error).__name__})."
            raise SessionError(msg) from error
        msg = f"The app did not answer a session within {self._patience:g} s."
        raise SessionError(msg)

    def _note(self, delta: Delta, answer: Answer) -> None:
        """What one part of the page says."""
        element = delta.new_element
        kind = element.WhichOneof("type") if delta.WhichOneof("type") == "new_element" else None
        if kind == "markdown":
            body = element.markdown.body
            answer.formulas += _FORMULA.findall(body)
            answer.captions.append(body)
        elif kind == "bidi_component" and element.bidi_component.component_name == "disgen_map":
            self._charts[element.bidi_component.id] = delta.fragment_id
        elif kind == "button" and not element.button.disabled:
            self._buttons[element.button.label] = (element.button.id, delta.fragment_id)
        elif kind == "exception":
            answer.problems.append(f"{element.exception.type}: {element.exception.message}")
        elif kind == "alert" and element.alert.format == element.alert.ERROR:
            answer.problems.append(element.alert.body)
