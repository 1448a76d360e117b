"""Providers in the environment."""

import pytest

from trellis.subgraphs.accounts.providers.settings import Provider, ProviderSettings

CORP = {
    "TRELLIS_SIGN_IN_PROVIDERS": "corp",
    "TRELLIS_SIGN_IN_CORP_ISSUER": "https://login.example/",
    "TRELLIS_SIGN_IN_CORP_CLIENT_ID": "trellis",
    "TRELLIS_SIGN_IN_CORP_CLIENT_SECRET": "secret",
    "TRELLIS_SIGN_IN_RETURN_URLS": "https://app.example/a, http://localhost:3000/b",
}


def test_a_provider_and_the_pages_are_read():
    settings = ProviderSettings.from_environment(CORP)
    corp = Provider("corp", "https://login.example/", "trellis", "secret", "openid email profile")
    assert settings.providers == {"corp": corp}
    assert settings.return_urls == {"https://app.example/a", "http://localhost:3000/b"}
    assert "secret" not in repr(settings)
    assert ProviderSettings.from_environment({}) == ProviderSettings()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"TRELLIS_SIGN_IN_CORP_CLIENT_SECRET": ""}, "TRELLIS_SIGN_IN_CORP_CLIENT_SECRET is"),
        ({"TRELLIS_SIGN_IN_PROVIDERS": "corp,two words"}, "TRELLIS_SIGN_IN_PROVIDERS: a name"),
        ({"TRELLIS_SIGN_IN_CORP_ISSUER": "http://login.example"}, "is no https address"),
        ({"TRELLIS_SIGN_IN_RETURN_URLS": "javascript:alert(1)"}, "is no https address"),
        ({"TRELLIS_SIGN_IN_RETURN_URLS": "/signed-in"}, "is no https address"),
    ],
)
def test_what_cannot_work_is_refused(change: dict[str, str], message: str):
    with pytest.raises(ValueError, match=message):
        ProviderSettings.from_environment(CORP | change)
