"""Text messages to customers and staff: a gateway reached by one HTTP request, or nobody."""

from backend.adapters.ways import Message, Result, make_session, post, wait_of
from backend.core.settings import BadSetting


class SmsGateway:
    """A gateway that takes ``{"phone", "text", "key"}`` as JSON and answers 2xx once it has the message.

    Operators differ; a small relay in front of one speaks this. ``key`` lets it drop a second sending.
    """

    def __init__(self, url: str, token: str) -> None:
        self.url, self.token, self._session = url, token, make_session()

    def send(self, message: Message) -> Result:
        """One request; what is wrong on the way is worth another try, what is refused is not."""
        body = {"phone": message.address["phone"], "text": message.text, "key": message.key}
        headers = {"Authorization": f"Bearer {self.token}"} if self.token else {}
        answer = post(self._session, self.url, known_by_key=True, json=body, headers=headers)
        if isinstance(answer, Result):
            return answer
        status = answer.status_code
        if 200 <= status < 300:
            return Result("sent")
        refused = 300 <= status < 500 and status not in (408, 425, 429)
        return Result("refused" if refused else "retry", f"HTTP {status}", wait_of(answer))


def make_sms(url: str, token: str) -> SmsGateway | None:
    """The gateway of the settings, or None: then messages to customers wait for somebody who sends them by hand.

    Raises BadSetting for an address that is no web address.
    """
    if url and not url.startswith(("https://", "http://")):
        raise BadSetting(name="PAIDAN_SMS_URL", value=url, expected="https://…")
    return SmsGateway(url, token) if url else None
