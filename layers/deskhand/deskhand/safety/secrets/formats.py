"""Formats of secrets: of tokens as their issuers published them, of keys, addresses and options."""

import re

# Beginnings that their issuers have published, each with what follows. Whatever is before them is
# no letter or digit.
_FORMATS = (
    r"(?:AKIA|ASIA|ABIA|ACCA|A3T[A-Z0-9])[A-Z0-9]{16}(?![A-Za-z0-9])",
    r"gh[pousr]_[A-Za-z0-9]{16,255}", r"github_pat_\w{20,255}",
    r"gl(?:pat|dt|rt|cbt|ptt|ft|imt|agent|oas|soat)-[\w-]{16,255}",
    r"xox[abcdeprs]-[\w-]{10,255}", r"xapp-\d-[\w-]{10,255}", r"xwfp-[\w-]{10,255}",
    r"(?:sk|rk|pk)_(?:live|test)_[0-9A-Za-z]{10,255}", r"whsec_[0-9A-Za-z+/=]{16,255}",
    r"AIza[\w-]{30,60}", r"ya29\.[\w-]{16,500}", r"GOCSPX-[\w-]{20,60}", r"1//0[\w-]{30,200}",
    r"sk-(?:[a-z]{2,10}\d{0,2}-)*[A-Za-z0-9_-]{20,255}", r"hf_[A-Za-z0-9]{20,255}",
    r"r8_[A-Za-z0-9]{30,60}", r"gsk_[A-Za-z0-9]{30,100}", r"xai-[A-Za-z0-9]{40,120}",
    r"pplx-[A-Za-z0-9]{30,80}", r"SG\.[\w-]{16,64}\.[\w-]{16,80}", r"SK[0-9a-f]{32}(?![0-9a-f])",
    r"npm_[A-Za-z0-9]{30,255}", r"pypi-[\w-]{40,255}", r"rubygems_[0-9a-f]{40,60}",
    r"do[opr]_v1_[0-9a-f]{40,80}", r"dapi[0-9a-f]{32}(?![0-9a-f])", r"dop_v1_[0-9a-f]{40,80}",
    r"shp(?:at|ca|pa|ss)_[0-9a-fA-F]{24,64}", r"lin_(?:api|oauth)_[A-Za-z0-9]{30,80}",
    r"ATATT3[\w=-]{40,255}", r"ATCTT3[\w=-]{40,255}", r"ATBB[A-Za-z0-9]{24,60}",
    r"\d{8,10}:AA[\w-]{30,40}", r"key-[0-9a-f]{32}(?![0-9a-f])", r"[0-9a-f]{32}-us\d{1,2}(?!\w)",
    r"sq0(?:atp|csp|idp)-[\w-]{20,60}", r"EAAA[\w-]{50,100}", r"EAA[A-Z][A-Za-z0-9]{60,255}",
    r"[MNO][A-Za-z\d_-]{23,27}\.[\w-]{6}\.[\w-]{27,45}", r"hv[sbr]\.[\w-]{20,255}",
    r"s\.[A-Za-z0-9]{24}(?![\w.])", r"AGE-SECRET-KEY-1[0-9A-Z]{40,70}",
    r"dp\.(?:pt|st|ct)\.[\w-]{30,80}",
    r"NRAK-[A-Z0-9]{20,40}", r"gl(?:sa|c)_[\w+/=-]{30,255}", r"PMAK-[0-9a-f-]{40,80}",
    r"fig[dour]_[\w-]{30,80}", r"(?:secret|ntn)_[A-Za-z0-9]{40,60}(?!\w)", r"HRKU-[\w-]{30,80}",
    r"[A-Za-z0-9]{14}\.atlasv1\.[\w-]{40,100}", r"[\w~.]{3}8Q~[\w~.-]{30,40}",
    r"dckr_(?:pat|oat)_[\w-]{20,60}", r"v1\.0-[0-9a-f]{24}-[0-9a-f]{100,200}",
    r"tfp_[\w-]{30,60}",
    r"(?:sbp|sb_secret)_[\w-]{20,80}", r"nvapi-[\w-]{40,100}", r"CFPAT-[\w-]{30,60}",
    r"phc_\w{30,60}",
    r"rpa_[A-Z0-9]{30,60}", r"tskey-[a-z]{2,8}-[\w-]{16,80}", r"ops_eyJ[\w-]{60,500}",
    r"ey[JI][\w-]{8,4000}\.ey[JI][\w-]{8,4000}(?:\.[\w-]{0,4000})?", r"PRIVATE-[\w-]{40,80}",
)  # fmt: skip
TOKEN = re.compile(r"(?<![A-Za-z0-9_+/-])(?:" + "|".join(_FORMATS) + ")")
HOOK = re.compile(
    r"https://(?:hooks\.slack\.com/(?:services|workflows|triggers)/"
    r"|(?:\w{1,10}\.)?discord(?:app)?\.com/api/webhooks/|[\w-]{1,60}\.webhook\.office\.com/)"
    r"([\w/@+=-]{10,300})"
)
PRIVATE = re.compile(r"-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----")
PRIVATE_END = re.compile(r"-----END [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----")
PUTTY = re.compile(r"Private-Lines: (\d{1,3})\n((?:[A-Za-z0-9+/=]{1,76}\n?){1,200})")
# The password of `scheme://user:password@host`.
URL = re.compile(
    r"(?<![a-z0-9+.-])[a-z][a-z0-9+.-]{1,30}://[^\s:/?#@\"'<>]{0,100}:([^\s/\"'<>]{1,200})@(?=[\w\[])",
    re.I,
)
PAIR = re.compile(
    r"(?<![\w-])(?:password|pwd|accountkey|sharedaccesskey|sharedsecret|sas_?token|sig)=(?=[^\s;&\"'<>$%{*])"
    r"([^\s;&\"'<>]{4,500})",
    re.I,
)
HEADER = re.compile(
    r"(?<![\w-])(?:bearer|basic|apikey|api-key)[ :]{1,3}(?=[^\s]{0,400}(?:[\d=_]|\.\w))"
    r"([A-Za-z0-9._~+/=-]{12,4000})",
    re.I,
)
OPTION = re.compile(
    r"(?:(?<=\s)|^)(?:curl\b[^\n]{0,100}?\s-u ?|--user[ =])[\w.@-]{1,64}:([^\s\"']{3,100})"
    r"|(?:(?<=\s)|^)(?:--(?:password|passwd|token|secret|api-key)[ =]|sshpass -p ?)"
    r"[\"']?([^\s\"'$<-][^\s\"']{3,200})",
    re.M,
)
