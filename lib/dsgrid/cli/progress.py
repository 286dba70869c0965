"""Progress on a terminal: the stages of what runs, each with its time, the last one alive."""

from __future__ import annotations

import time

from rich.console import Console, Group
from rich.live import Live
from rich.spinner import Spinner
from rich.text import Text

from dsgrid.operations.progress import (
    DONE,
    ERROR,
    ESTIMATE,
    FAILED,
    INFO,
    LONG,
    TOLD,
    Course,
    Event,
    Listener,
    Step,
    in_seconds,
)

SHOWN = 12  # of the stages that have ended, so that all of it fits on a small screen
BELOW = 5  # lines that are kept for what runs
TIME = 8  # how wide the column of times is, if they are below a minute
QUICK = 2.0  # what took no longer leaves nothing on the screen when it ended well


class LiveProgress(Listener):
    """The stages of an operation on a terminal.

    Nothing is shown before the first event: a job that spark-submit runs sends none here, and has the terminal to
    itself.

    Parameters
    ----------
    estimate
        Show what is expected before short runs too.
    """

    def __init__(self, console: Console | None = None, estimate: bool = False) -> None:
        self._console = console or Console(stderr=True, highlight=False)
        self._estimate = estimate
        self._course = Course()
        self._live: Live | None = None
        self._began = time.monotonic()
        self._expected: float | None = None
        self._is_kept = False
        self._spinner = Spinner("dots" if self._can_draw() else "line")

    def take(self, event: Event) -> None:
        """Show what has happened."""
        if self._live is None:
            self._begin()
        self._course.take(event, time.monotonic())
        if event.kind == ESTIMATE:
            self._expected = event.seconds
        if event.kind == TOLD and event.level == INFO:
            self._course.steps.append(Step(event.text, 0.0, len(self._course.running), lasts=True, ended=event))
        elif event.kind == TOLD or (event.kind == ESTIMATE and self._is_wanted(event)):
            self._say(event)

    def close(self, error: BaseException | None = None) -> None:
        """Mark the stage that failed, and leave the screen to what follows."""
        self._course.close(time.monotonic(), error)
        if self._live is not None:
            self._live.transient = error is None and not self._is_kept and time.monotonic() - self._began < QUICK
            self._live.stop()
            self._live = None

    def rendered(self) -> Group:
        """Return what is on the screen."""
        steps = self._course.steps
        ended = [step for step in steps if step.ended is not None]
        # What runs stands at the bottom, and has to be seen on a low screen too.
        hidden = len(ended) - min(SHOWN, max(1, self._console.height - BELOW))
        left_out = {id(step) for step in ended[: max(0, hidden)]}
        lines: list[Text] = []
        if hidden > 0:
            lines.append(self._line(Text(f"  {hidden} more before", style="dim")))
        for step in steps:
            if id(step) not in left_out:
                lines += self._lines(step)
        return Group(*lines)

    def _begin(self) -> None:
        self._began = time.monotonic()
        self._live = Live(
            console=self._console,
            get_renderable=self.rendered,
            refresh_per_second=8,
            transient=True,
            vertical_overflow="crop",
        )
        self._live.start()

    def _say(self, event: Event) -> None:
        # Above the stages, where it stays.
        self._is_kept = self._is_kept or event.level != INFO or event.kind == ESTIMATE
        text = event.text if event.level == INFO else f"{event.level}: {event.text}"
        self._console.print(Text(text, style="" if event.level == INFO else "yellow"), soft_wrap=True)

    def _is_wanted(self, event: Event) -> bool:
        return self._estimate or (event.seconds is not None and event.seconds > LONG)

    def _lines(self, step: Step) -> list[Text]:
        indent = "  " * step.depth
        if step.ended is None:
            head = self._timed(time.monotonic() - step.began, "cyan").append(f"{indent}{step.name}")
            if self._expected and step.detail:
                head.append(f", about {in_seconds(self._expected)} in all", style="dim")
            details = (Text(f"{' ' * (TIME + 2)}{indent}  {each}", style="dim") for each in step.detail)
            return [self._line(head, self._turning()), *(self._line(each) for each in details)]
        if step.ended.kind == TOLD:
            return [self._line(Text(f"{' ' * (TIME + 2)}{indent}{step.name}", style="dim"))]
        seconds = step.ended.seconds or 0.0
        if step.ended.kind == FAILED:
            how = "failed" if step.ended.level == ERROR else "stopped"
            told = self._timed(seconds, "red").append(f"{indent}{step.name}: {how}", style="red")
            return [self._line(told, self._mark(step.ended))]
        head = self._timed(seconds, "dim").append(f"{indent}{step.name}")
        if step.ended.made:
            head.append(f": {step.ended.made}", style="dim")
        return [self._line(head, self._mark(step.ended))]

    def _timed(self, seconds: float, style: str) -> Text:
        """Return the beginning of a line: its time, which a narrow terminal must not cut."""
        return Text().append(in_seconds(seconds).rjust(TIME), style=style).append("  ")

    def _turning(self) -> Text:
        frames = self._spinner.frames
        return Text(frames[int((time.monotonic() - self._began) * 8) % len(frames)], style="cyan")

    def _mark(self, ended: Event) -> Text:
        if ended.kind == DONE:
            return Text("✓" if self._can_draw() else "+", style="green")
        return Text("✗" if self._can_draw() else "x", style="red")

    def _can_draw(self) -> bool:
        return self._console.encoding.lower().startswith("utf")

    def _line(self, text: Text, mark: Text | None = None) -> Text:
        """Return a line with a mark in front, cut where the terminal ends."""
        line = Text.assemble(mark or Text(" "), " ", text)
        line.no_wrap, line.overflow = True, "ellipsis" if self._can_draw() else "crop"
        return line
