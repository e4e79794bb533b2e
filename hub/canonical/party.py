"""Parties: who is who in the city, read from reference data and asked by code.

The one rule: every relation between two parties (who handles for whom, who is the police of whom) is answered here and nowhere else.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum


class Kind(StrEnum):
    """What a party is (contract §2)."""

    BUREAU = "BUREAU"  # 委办局
    COMMITTEE = "COMMITTEE"  # 管委会
    GOV = "GOV"  # 人民政府
    BRIGADE = "BRIGADE"  # 市支队, 受委托组织: never principal (行政处罚法第二十条)
    POLICE = "POLICE"  # 公安机关
    JCY = "JCY"  # 检察院
    COURT = "COURT"  # 法院
    JW = "JW"  # 监委
    OFFICE = "OFFICE"


CITY = "CITY"
DISTRICT = "DISTRICT"
CITY_SCOPE = "GY"
CITY_BRIGADE = "GY-ZD"


@dataclass(frozen=True, slots=True)
class Party:
    """One party. *level* is CITY or DISTRICT; a zone committee counts as DISTRICT."""

    code: str
    name: str
    kind: Kind
    scope: str
    org: str
    level: str
    until: str = ""  #: last day it exists, as written; "" = open

    def exists_on(self, day: str) -> bool:
        """Is it not yet gone on *day* (a written date or datetime)?"""
        return not self.until or day[:10] <= self.until

    @property
    def is_organ(self) -> bool:
        """May be principal 主管/委托机关."""
        return self.kind in (Kind.BUREAU, Kind.COMMITTEE)


class Directory:
    """All parties by code, and their relations. Relations answer None where the contract knows none."""

    def __init__(
        self,
        parties: Mapping[str, Party],
        entrusted: Mapping[str, str],
        divisions: Mapping[str, str],
        zones: tuple[str, ...],
    ) -> None:
        self._parties = parties
        self._entrusted = entrusted
        self._scope_of_division = divisions
        self.zones = zones

    def __contains__(self, code: object) -> bool:
        return code in self._parties

    def __getitem__(self, code: str) -> Party:
        return self._parties[code]

    def get(self, code: str) -> Party | None:
        """The party of *code*, or None."""
        return self._parties.get(code)

    def codes(self) -> tuple[str, ...]:
        """Every code, in the order of the reference file."""
        return tuple(self._parties)

    def kind(self, code: str) -> Kind | None:
        """Kind of *code*, None if unknown."""
        party = self._parties.get(code)
        return party.kind if party else None

    def is_organ(self, code: str) -> bool:
        """May *code* be principal?"""
        party = self._parties.get(code)
        return party is not None and party.is_organ

    def handler_of(self, principal: str) -> str:
        """The body that handles for *principal*: its brigade unit, or itself (筑51 三)."""
        return self._entrusted.get(principal, principal)

    def scope_of_division(self, division_code: str) -> str | None:
        """Scope of a GB/T 2260 code, None outside the city."""
        return self._scope_of_division.get(division_code)

    def police_of(self, principal: str, division_code: str = "") -> str | None:
        """公安 of the same level; a zone committee's is that of the division where the matter lies."""
        party = self._parties.get(principal)
        if party is None:
            return None
        if party.level == CITY:
            return "GY-GAJ"
        scope = self._scope_of_division.get(division_code) if party.kind is Kind.COMMITTEE else party.scope
        return self._known(f"{scope}-GAFJ")

    def procuratorate_of(self, police: str) -> str | None:
        """检察院 of the same level as *police*."""
        party = self._parties.get(police)
        return self._known(f"{party.scope}-JCY") if party else None

    def government_of(self, code: str) -> str | None:
        """人民政府 of the party's scope; a zone's is the city's."""
        party = self._parties.get(code)
        if party is None:
            return None
        return "GY-GOV" if party.scope in self.zones else self._known(f"{party.scope}-GOV")

    def court_of_scope(self, scope: str | None) -> str | None:
        """人民法院 of a division or of the city."""
        return self._known(f"{scope}-FY")

    def superior_of(self, code: str) -> str | None:
        """Who is told when *code* misses a period (contract §2)."""
        party = self._parties.get(code)
        if party is None:
            return None
        if party.kind is Kind.BRIGADE:
            return "GY-ZHZFJ"
        if party.kind is Kind.COMMITTEE:
            return "GY-GOV"
        if party.scope == CITY_SCOPE:
            return "GY-GOV" if party.kind is Kind.BUREAU or code == "GY-GAJ" else None
        match party.kind:
            case Kind.POLICE:
                return "GY-GAJ"
            case Kind.JCY | Kind.COURT | Kind.GOV | Kind.BUREAU:
                return f"GY-{party.org}"
        return None

    def _known(self, code: str) -> str | None:
        return code if code in self._parties else None
