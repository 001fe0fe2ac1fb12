"""Request bodies of the account routes, validated field by field."""

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field

from deskhand.accounts import email, passwords
from deskhand.api.access import Scope
from deskhand.api.fields import Label, whole

Email = Annotated[str, Field(max_length=320), AfterValidator(email.normalise)]
# A password that is shown need not be one that would be taken: it may be an old one.
Password = Annotated[str, Field(min_length=1, max_length=passwords.LONGEST)]
NewPassword = Annotated[str, Field(min_length=passwords.SHORTEST, max_length=passwords.LONGEST)]
Token = Annotated[str, Field(min_length=1, max_length=200)]
Days = Annotated[int, Field(ge=1, le=3_650), BeforeValidator(whole)]
PersonsRole = Literal["admin", "agent", "customer"]
Keep = Annotated[
    Literal["body", "cookie"],
    Field(description="Where the next refresh token goes: a cookie is out of reach of scripts"),
]
# Neither null nor a default that the schema shows: an omitted field is not changed.
_UNSENT: Any = Field(default_factory=lambda: None)


class _Sent(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class Registration(_Sent):
    """`POST /auth/register`: an invitation decides about the role; without one it is customer."""

    email: Email
    password: NewPassword = Field(
        description="Of any characters; common ones and the address itself are refused"
    )
    invite: Token | None = None


class Login(_Sent):
    """`POST /auth/login`."""

    email: Email
    password: Password
    keep: Keep = "body"


class RefreshToken(_Sent):
    """`POST /auth/refresh` and `POST /auth/logout`; without a token the browser's cookie counts."""

    refresh_token: Token | None = Field(None, description="Null: the one in the cookie")
    keep: Keep = "body"


class PasswordChange(_Sent):
    """`POST /auth/password`."""

    current_password: Password
    new_password: NewPassword


class Invitation(_Sent):
    """`POST /auth/invites`: who may open an account, with which role."""

    email: Email
    role: PersonsRole
    days: Annotated[int, Field(ge=1, le=30), BeforeValidator(whole)] = 7


class AccountChange(_Sent):
    """`PATCH /auth/accounts/{account_id}`: what is not sent stays."""

    role: PersonsRole = _UNSENT
    disabled: bool = _UNSENT


class NewServiceToken(_Sent):
    """`POST /auth/tokens`: a machine and what its token is good for; without `days` for ever."""

    name: Label
    scopes: Annotated[list[Scope], Field(min_length=1, max_length=20)]
    days: Days | None = None
