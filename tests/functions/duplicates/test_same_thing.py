"""What is linked tells of the same thing: the words say so, and no number says otherwise."""

import pytest

from deskhand.store.connection import Connection
from tests.functions.duplicates.alike import VPN, call, detected, read, triaged
from tests.functions.operations.invariants import broken

pytestmark = pytest.mark.usefixtures("catalog")

# A lost password and a paper jam, in scripts that the built-in model lacks.
UNREAD = {
    "Thai": (
        ("ไม่สามารถเข้าสู่ระบบได้", "รหัสผ่านไม่ถูกต้อง"),
        ("เครื่องพิมพ์เสีย", "กระดาษติดชั้นสาม"),
    ),
    "Amharic": (
        ("መግባት አልቻልኩም", "የይለፍ ቃሌ ትክክል አይደለም"),
        ("አታሚው ተበላሽቷል", "ወረቀት በሦስተኛው ፎቅ ተጣብቋል"),
    ),
    "Khmer": (
        ("មិនអាចចូលប្រព័ន្ធបានទេ", "ពាក្យសម្ងាត់មិនត្រឹមត្រូវ"),
        ("ម៉ាស៊ីនបោះពុម្ពខូច", "ក្រដាសស្ទះនៅជាន់ទីបី"),
    ),
    "Telugu": (
        ("లాగిన్ కావడం లేదు", "పాస్‌వర్డ్ తప్పు అని వస్తోంది"),
        ("ప్రింటర్ పాడైంది", "మూడో అంతస్తులో కాగితం ఇరుక్కుంది"),
    ),
    "Hindi": (
        ("लॉगिन नहीं हो रहा है", "पासवर्ड गलत बता रहा है"),
        ("प्रिंटर खराब है", "तीसरी मंज़िल पर कागज़ फँस गया है"),
    ),
    "Burmese": (
        ("စနစ်ထဲသို့ ဝင်၍မရပါ", "စကားဝှက် မှားနေသည်"),
        ("ပရင်တာ ပျက်နေသည်", "တတိယထပ်တွင် စက္ကူညပ်နေသည်"),
    ),
}
# The same two with the words of politeness around them.
POLITE = (
    "เรียนทีมไอที ตั้งแต่เช้าวันจันทร์ที่ผ่านมา ฉันไม่สามารถเข้าสู่ระบบบนเครื่องคอมพิวเตอร์ของฉันได้"
    " ระบบแจ้งว่ารหัสผ่านไม่ถูกต้อง กรุณาช่วยตรวจสอบให้ด้วย ขอบคุณครับ",
    "เรียนทีมไอที เครื่องพิมพ์ที่ชั้นสามของอาคารเสียตั้งแต่เมื่อวาน กระดาษติดอยู่ข้างใน"
    " ฉันลองปิดเครื่องแล้วเปิดใหม่หลายครั้งแล้ว กรุณาส่งช่างมาซ่อมให้ด้วย ขอบคุณครับ",
)


@pytest.mark.parametrize("script", UNREAD)
def test_what_a_model_cannot_read_is_not_all_the_same(conn: Connection, script: str) -> None:
    """F-F1 F-F2: every word is unknown to it, so any two texts are alike."""
    login, printer = ({"subject": one, "body": other} for one, other in UNREAD[script])
    detected(conn, **login)
    _, verdict = detected(conn, **printer)
    assert (verdict["duplicate"], verdict["suggested"]) == (False, 0)


def test_politeness_is_not_the_same_trouble(conn: Connection) -> None:
    """F-F1"""
    one, other = POLITE
    detected(conn, subject="สวัสดี", body=one)
    _, verdict = detected(conn, subject="ขอความช่วยเหลือ", body=other)
    assert verdict["duplicate"] is False
    assert verdict["cosine"] > 0.9


@pytest.mark.parametrize("script", UNREAD)
def test_the_same_words_are_the_same_in_any_script(conn: Connection, script: str) -> None:
    """F-F1"""
    subject, body = UNREAD[script][0]
    detected(conn, subject=subject, body=body)
    assert detected(conn, subject=subject, body=body)[1]["duplicate"] is True


@pytest.mark.parametrize(
    ("text", "one", "other"),
    [
        ("Please install Visio on {}", "PC-1234", "PC-9876"),
        ("Disk full on {}", "srv-12", "srv-13"),
        ("The salary slip of personnel number {} is missing, November 2026", "4711", "4712"),
    ],
)
def test_another_number_is_another_thing(conn: Connection, text: str, one: str, other: str) -> None:
    """F-F2: it is suggested."""
    detected(conn, subject=text.format(one), body=text.format(one))
    _, verdict = detected(conn, subject=text.format(other), body=text.format(other))
    assert verdict["cosine"] >= 0.9
    assert (verdict["duplicate"], verdict["suggested"]) == (False, 1)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Disk full on srv-12", "Disk full on SRV-12 again"),
        ("Disk full on srv-12", "Disk full on srv"),
        ("Disk full since 9:30, 5 minutes ago", "Disk full since 10:15, 12 minutes ago"),
        ("Error 0x80070057 on my PC", "Error 0x80070057 on my PC PC-9876"),
    ],
)
def test_a_number_that_both_have_or_one_has_parts_nothing(
    conn: Connection, one: str, other: str
) -> None:
    """F-F2"""
    detected(conn, subject=one, body=VPN["body"])
    assert detected(conn, subject=other, body=VPN["body"])[1]["duplicate"] is True


def test_an_older_twin_claims_no_other_thing(conn: Connection) -> None:
    """F-F3"""
    from tests import arrange

    older, younger = (arrange.accepted(conn, subject=f"Disk full on srv-1{n}") for n in (2, 3))
    call("detect_duplicates", younger)
    call("detect_duplicates", older)
    assert read(conn, younger[0])["duplicate_of"] is None


def test_a_text_that_was_edited_and_not_read_anew_is_not_linked_to(conn: Connection) -> None:
    """F-F4: its vector is of what it said before."""
    original = triaged(conn, **VPN)
    conn.execute(
        "UPDATE tickets SET body = 'The fax.', text_version = 2, version = version + 1"
        " WHERE id = %s",
        [original],
    )
    _, verdict = detected(conn, **VPN)
    assert verdict["duplicate"] is False
    assert broken() == {}
