"""What the payment service sends. It has no session: it signs the bytes of the body."""

import hashlib
import hmac
import os

from fastapi import APIRouter, HTTPException, Request
from pydantic import BaseModel

router = APIRouter()
key = os.environ["PAYMENTS_WEBHOOK_KEY"].encode()
paid_orders: list[str] = []


class Payment(BaseModel):
    order: str


@router.post("/webhooks/payments", status_code=204)
async def receive_payment(request: Request) -> None:
    body = await request.body()
    expected = hmac.new(key, body, hashlib.sha256).hexdigest().encode()
    if not hmac.compare_digest(request.headers.get("x-payments-signature", "").encode(), expected):
        raise HTTPException(401, "The signature is invalid.")
    # The gate adds no token here, and removes cookies.
    if "cookie" in request.headers or "authorization" in request.headers:
        raise HTTPException(400, "A webhook has no cookie and no token.")
    paid_orders.append(Payment.model_validate_json(body).order)
