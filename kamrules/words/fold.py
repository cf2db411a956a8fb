"""Texts and names as they are compared."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

# Only the characters that occur in the names of our sheets and columns.
_SIMPLIFIED = str.maketrans(
    "萬與業嚴個義爭產優夥會體餘債儲關興內決淨準則創別製辦務動區協單佔歷參發臺號後嗎噸員響團圍國場處備學實"
    "審對層屬崗幣應開棄錄録懷態總戶戰執報掛據數無時暫術機權構標檔註潤滿潛點愛狀現電監碼確種稱稅競類係緊約"
    "級線練組細織經結維綜緩編職聯輿節範薦營見規視計訂認議訊記設訪評訴話說説調負財責賬帳貨質購費資贏躍輸進"
    "郵採銷長門閉問間階際難項顧預領頻題額饋億價",
    "万与业严个义争产优伙会体余债储关兴内决净准则创别制办务动区协单占历参发台号后吗吨员响团围国场处备学实"
    "审对层属岗币应开弃录录怀态总户战执报挂据数无时暂术机权构标档注润满潜点爱状现电监码确种称税竞类系紧约"
    "级线练组细织经结维综缓编职联舆节范荐营见规视计订认议讯记设访评诉话说说调负财责账账货质购费资赢跃输进"
    "邮采销长门闭问间阶际难项顾预领频题额馈亿价",
)
_IGNORED = re.compile(r"[\s*:\u200b\ufeff]+")


@lru_cache(maxsize=50_000)
def fold(text: str) -> str:
    """Return *text* as it is compared: NFKC, trimmed, inner blanks as one, case ignored."""
    return " ".join(unicodedata.normalize("NFKC", text).split()).casefold()


def folded(text: str) -> str:
    """Return a name as names are compared."""
    return _IGNORED.sub("", fold(text).translate(_SIMPLIFIED))
