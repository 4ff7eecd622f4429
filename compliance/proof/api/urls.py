"""Addresses below `/api/v1/log/`."""

from __future__ import annotations

from django.urls import path

from compliance.proof.api import proofs, static

app_name = "log"

urlpatterns = [
    path("checkpoint", static.checkpoint, name="checkpoint"),
    path("tile/<path:path>", static.tile, name="tile"),
    path("cosignatures", static.cosignatures, name="cosignatures"),
    path("keys", proofs.Keys.as_view(), name="keys"),
    path("inclusion", proofs.InclusionProof.as_view(), name="inclusion"),
    path("proof", proofs.ProofFile.as_view(), name="proof"),
    path("consistency", proofs.ConsistencyProof.as_view(), name="consistency"),
]
