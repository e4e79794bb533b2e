"""What the gateway says when it cannot do as asked: RFC 9457, with a stable code and both languages.

The one rule: every answer above 399 is a `Problem` from this table or a refusal of the contract. Nothing a sender
wrote is repeated in it but names of fields.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import orjson

from hub.canonical.refused import Refused

CONTENT_TYPE: Final = b"application/problem+json; charset=utf-8"
TYPE: Final = "urn:guiyang:hub:code:"


@dataclass(frozen=True, slots=True)
class Entry:
    """One row of the table."""

    status: int
    title: str
    title_en: str
    hint: str = ""


#: The hub's own operating codes. A code, once published, keeps its meaning.
CODES: Final[Mapping[str, Entry]] = {
    "HUB-1001": Entry(400, "HTTP 报文不合规范", "Malformed HTTP"),
    "HUB-1002": Entry(414, "网址过长", "URL too long"),
    "HUB-1003": Entry(431, "请求头过大", "Headers too large"),
    "HUB-1004": Entry(408, "请求超时", "Request took too long", "请整包发送 / send the request in one go"),
    "HUB-1005": Entry(413, "请求体过大", "Body too large", "请拆分批次 / split the batch"),
    "HUB-1006": Entry(
        413, "压缩比过高或解压后过大", "Inflates to too much", "请拆分批次或不压缩 / split, or send without gzip"
    ),
    "HUB-1007": Entry(415, "不支持的内容类型", "Content type not supported"),
    "HUB-1008": Entry(
        415, "不支持的内容编码", "Content encoding not supported", "只接受一层 gzip / one layer of gzip only"
    ),
    "HUB-1009": Entry(503, "连接数已满", "Too many connections"),
    "HUB-1010": Entry(404, "没有此地址", "No such address", "见 /openapi.json / see /openapi.json"),
    "HUB-1011": Entry(405, "不支持此方法", "Method not allowed"),
    "HUB-1101": Entry(401, "凭据缺失或无效", "Credential missing or unknown", "Authorization: Bearer <token>"),
    "HUB-1102": Entry(429, "登录失败次数过多", "Too many failed authentications"),
    "HUB-1103": Entry(403, "无权使用", "Not allowed"),
    "HUB-1104": Entry(429, "超过速率配额", "Rate exceeded"),
    "HUB-1105": Entry(429, "并发请求过多", "Too many requests at once"),
    "HUB-1201": Entry(
        400,
        "缺少 Idempotency-Key",
        "Idempotency-Key missing",
        "每个新请求用一个新键, 重试用原键 / a new key for a new request, the same for a retry",
    ),
    "HUB-1202": Entry(
        400,
        "Idempotency-Key 格式不符",
        "Idempotency-Key malformed",
        "16–255 个字符 [A-Za-z0-9_-] / 16–255 characters [A-Za-z0-9_-]",
    ),
    "HUB-1203": Entry(422, "此键已用于其他内容", "Key already used for something else", "换一个新键 / use a new key"),
    "HUB-1204": Entry(409, "相同请求正在处理", "Same request in flight", "稍后用原键重试 / retry with the same key"),
    "HUB-1301": Entry(400, "JSON 不合规范", "Malformed JSON"),
    "HUB-1302": Entry(400, "JSON 键重复", "Duplicate JSON key"),
    "HUB-1303": Entry(400, "JSON 嵌套过深", "JSON nested too deep"),
    "HUB-1304": Entry(413, "批次事件过多", "Too many events in one batch", "请拆分批次 / split the batch"),
    "HUB-1305": Entry(400, "批次为空", "Empty batch"),
    "HUB-1306": Entry(422, "批次全部被拒收", "Every event of the batch was refused"),
    "HUB-1401": Entry(
        400, "游标无效", "Cursor not valid", "原样使用上次回答中的 cursor / use the cursor of the last answer as it is"
    ),
    "HUB-1402": Entry(
        410,
        "游标之后的投递已过保存期",
        "Deliveries after the cursor are no longer kept",
        "用 after=earliest 从现存最早处读取并确认, 缺口请与运维核对 / "
        "read from the oldest kept with after=earliest and acknowledge; ask the operators about the gap",
    ),
    "HUB-1403": Entry(400, "参数无效", "Parameter not valid"),
    "HUB-1501": Entry(
        503,
        "消息队列未确认, 结果未知",
        "The broker did not acknowledge: outcome unknown",
        "用原键重试, 不会重复 / retry with the same key, it cannot happen twice",
    ),
    "HUB-1502": Entry(503, "服务尚未就绪或正在停止", "Not ready, or stopping"),
    "HUB-1503": Entry(
        500, "枢纽内部错误", "A fault of the hub", "请将请求编号告知运维 / tell the operators the request id"
    ),
}


class Problem(Exception):
    """The answer is a problem document. *headers* go with it."""

    def __init__(
        self,
        code: str,
        detail: str = "",
        detail_en: str = "",
        *,
        pointer: str = "",
        status: int = 0,
        headers: Mapping[str, str] | None = None,
        more: Mapping[str, Any] | None = None,
    ) -> None:
        entry = CODES.get(code)
        self.code = code
        self.status = status or (entry.status if entry else 422)
        self.title = entry.title if entry else "事件被拒收"
        self.title_en = entry.title_en if entry else "Event refused"
        self.hint = entry.hint if entry else "改正后用新的 Idempotency-Key 重新发送 / correct it and send again"
        self.detail = detail or self.title
        self.detail_en = detail_en or self.title_en
        self.pointer = pointer
        self.headers = dict(headers or {})
        self.more = dict(more or {})
        super().__init__(f"{code} {self.detail_en}")

    @classmethod
    def of(cls, refused: Refused, pointer: str) -> Problem:
        """The problem that a refusal of the contract is to the sender of a single event."""
        return cls(refused.code, refused.detail, refused.detail_en, pointer=pointer)

    def document(self, request_id: str = "") -> dict[str, Any]:
        """The problem document."""
        said = {
            "type": TYPE + self.code,
            "title": self.title,
            "title_en": self.title_en,
            "status": self.status,
            "code": self.code,
            "detail": self.detail,
            "detail_en": self.detail_en,
            "pointer": self.pointer,
            "hint": self.hint,
            "requestId": request_id,
        }
        return {name: value for name, value in said.items() if value != ""} | self.more

    def body(self, request_id: str = "") -> bytes:
        """The document as bytes."""
        return orjson.dumps(self.document(request_id))


def retry_after(code: str, seconds: float, detail: str = "", detail_en: str = "") -> Problem:
    """A problem that passes by itself: with the header that says when to ask again."""
    return Problem(code, detail, detail_en, headers={"retry-after": str(max(1, int(seconds + 0.999)))})
