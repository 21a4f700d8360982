"""Reading a written address: one form for the same text, the district in it, where it is not Beijing."""

import re
import unicodedata

_SPACES = re.compile(r"[\s·・,，。;；、|_]+")
_BRACKETS = str.maketrans(
    {"（": "(", "）": ")", "【": "(", "】": ")", "[": "(", "]": ")", "－": "-", "—": "-"}
)
_CITY = re.compile(r"^(中国|中华人民共和国)?(北京市?市辖区|北京市)+")
_CITY_SHORT = re.compile(
    r"^北京(?=(东城|西城|朝阳区|海淀|丰台|石景山|门头沟|房山|通州|顺义|昌平|大兴区|怀柔|平谷|密云|延庆))"
)
_ELSEWHERE = re.compile(
    r"^(中国)?((天津|上海|重庆|河北|山西|辽宁|吉林|黑龙江|江苏|浙江|安徽|福建|江西|山东|河南|湖北|湖南|广东|海南|四川|贵州"
    r"|云南|陕西|甘肃|青海|台湾|广西|内蒙古?|西藏|宁夏|新疆|香港|澳门)(省|市|壮族|回族|维吾尔|自治区|特别行政区|.{2,3}[市县区])"
    r"|(广州|深圳|成都|杭州|南京|武汉|西安|苏州|青岛|大连|沈阳|长沙|郑州|济南|宁波|厦门|福州|合肥|昆明|石家庄|太原|廊坊|保定"
    r"|唐山|张家口|承德|三河|涿州|燕郊|香河|固安)市)"
)
_NUMBER = re.compile(r"^(北|南|东|西)?(甲|乙|丙|丁)?[0-9]{1,4}(-[0-9]{1,3})?(号|弄|#|$|[^0-9层室座楼单])")
_LONGER_NAME = re.compile(r"[东西南北中]?(路|街|大街|胡同|桥|里)|门|公园|寺|大学|医院|体育")


def normalise(address: str) -> str:
    """The address in one form: half-width, no spaces, upper case, without 北京市 at its start."""
    text = unicodedata.normalize("NFKC", address).translate(_BRACKETS).upper()
    text = _SPACES.sub("", text)
    text = _CITY.sub("", text)
    return _CITY_SHORT.sub("", text)


def elsewhere(text: str) -> bool:
    """True where a normalised address begins with another province or city."""
    return _ELSEWHERE.match(text) is not None


def has_number(rest: str) -> bool:
    """True where what follows a street's name begins with a house number, as in 建国路88号."""
    return _NUMBER.match(rest) is not None


def stated_district(text: str, names: dict[str, str]) -> str:
    """The district that a normalised address names; empty where it names none.

    ``names`` maps each way of writing a district to its name. A full name (朝阳区) counts anywhere, a short
    one (朝阳) only at the beginning and not where it is part of another name (朝阳门).
    """
    hits = [(text.find(written), name) for written, name in names.items() if written[-1] in "区县"]
    full = sorted((at, name) for at, name in hits if at >= 0)
    if full:
        return full[0][1]
    start = text.removeprefix("北京")
    for written, name in names.items():
        if start.startswith(written) and not _LONGER_NAME.match(start[len(written) :]):
            return name
    return ""
