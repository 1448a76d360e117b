"""Amounts as payment providers count them: in the smallest unit of a currency (ISO 4217)."""

from decimal import Decimal

_USUAL_DECIMALS = 2
_OTHER_DECIMALS = {
    0: "BIF CLP DJF GNF JPY KMF KRW MGA PYG RWF UGX VND VUV XAF XOF XPF",
    3: "BHD JOD KWD OMR TND",
}
_DECIMALS = {code: number for number, codes in _OTHER_DECIMALS.items() for code in codes.split()}


def to_minor_units(amount: Decimal, currency: str) -> int:
    """Raises ``ValueError`` for an amount that the currency has no coins for."""
    units = amount.scaleb(_DECIMALS.get(currency, _USUAL_DECIMALS))
    if units != int(units):
        raise ValueError(f"{amount} {currency} is no amount of that currency")
    return int(units)


def from_minor_units(units: int, currency: str) -> Decimal:
    return Decimal(units).scaleb(-_DECIMALS.get(currency, _USUAL_DECIMALS))
