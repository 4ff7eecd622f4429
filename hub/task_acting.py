"""Who acts in a task, for the audit trail: whoever asked for it, where somebody did; else the task itself.

In: Celery's signals. Out: what the task writes is told as theirs (lrs.acting). A person's click goes along
with the message as kind, id and name, never as a right to do anything.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack
from typing import Any

from lrs import acting

_HEADER = "hub_acting"
#: Of each task that runs in this process, what ends its context.
_open: dict[str, ExitStack] = {}


def hand_over(headers: dict[str, Any], **_: object) -> None:
    """Write into a message who asks for the task: a person, a credential or a token."""
    now = acting.now()
    if now is None:
        return
    actor = now.actor() if callable(now.actor) else now.actor
    if actor.kind in {"person", "credential", "scim_token"}:
        headers[_HEADER] = {
            "kind": actor.kind, "id": actor.id, "name": actor.name, "request_id": now.request_id,
        }  # fmt: skip


def begin(task_id: str, task: Any, **_: object) -> None:
    """Have what the task writes told as done by whoever asked for it."""
    asked = getattr(task.request, _HEADER, None) or (task.request.headers or {}).get(_HEADER) or {}
    actor = acting.Actor(kind="task", id=task_id, name=task.name)
    if asked.get("kind") in {"person", "credential", "scim_token"}:
        kind, key, name = (str(asked.get(each, "")) for each in ("kind", "id", "name"))
        actor = acting.Actor(kind=kind, id=key, name=name)
    told = acting.Acting(
        actor=actor, process=f"task {task.name}", request_id=str(asked.get("request_id", "")) or task_id
    )
    stack = ExitStack()
    stack.enter_context(acting.on_behalf_of(told))
    _open[task_id] = stack


def end(task_id: str, **_: object) -> None:
    """End the task's context."""
    if (stack := _open.pop(task_id, None)) is not None:
        stack.close()


def name_this_process(words: Sequence[str]) -> None:
    """Name the worker or the clock, which write outside of tasks, too; `words` is its command line."""
    for name in ("worker", "beat"):
        if name in words:
            acting.be_process(name)
