"""The synchronous client is generated from the asynchronous one."""

from tools import sync_client


def test_the_synchronous_client_is_what_would_be_generated():
    assert sync_client.TARGET.read_text(encoding="utf-8") == sync_client.generated()


def test_its_first_line_says_so_and_nothing_of_asyncio_is_left():
    text = sync_client.TARGET.read_text(encoding="utf-8")
    assert text.startswith(sync_client.HEADER)
    code = text.removeprefix(sync_client.HEADER)
    assert not [word for word in ("async", "await", "Async") if word in code]
