"""The install plan as a PDF of one or two A4 pages. The Chinese font is embedded, so that every phone can show it."""

from datetime import datetime
from typing import Any

import pylopdf_fonts_zh_cn
from fpdf import FPDF
from fpdf.enums import XPos, YPos

from backend.core.clock import SHANGHAI
from backend.orders.install_plan import sections

LEFT_MM, WIDTH_MM, LABEL_MM = 18, 174, 30


class _Page(FPDF):
    """A4 in one font, with the plan's name and page numbers at the foot."""

    def __init__(self, foot: str) -> None:
        super().__init__(format="A4")
        self.foot = foot
        self.add_font("zh", fname=str(pylopdf_fonts_zh_cn.sans_path()))
        self.set_margins(LEFT_MM, 16, 210 - LEFT_MM - WIDTH_MM)
        self.set_auto_page_break(True, 18)
        self.set_lang("zh-CN")
        self.add_page()

    def footer(self) -> None:
        """Name and page."""
        self.set_y(-12)
        self.set_font("zh", size=8)
        self.set_text_color(110)
        self.cell(WIDTH_MM / 2, 5, self.foot)
        self.cell(WIDTH_MM / 2, 5, f"{self.page_no()} / {{nb}}", align="R")

    def head(self, text: str) -> None:
        """A heading with a line under it."""
        self.ln(3)
        self.set_font("zh", size=12)
        self.set_text_color(0)
        self.cell(WIDTH_MM, 8, text, border="B", new_x=XPos.LMARGIN, new_y=YPos.NEXT)
        self.ln(1.5)

    def fact(self, label: str, text: str) -> None:
        """A label and its words beside it."""
        if not text:
            return
        self.set_font("zh", size=10)
        self.set_text_color(110)
        self.cell(LABEL_MM, 6.2, label)
        self.set_text_color(0)
        self.multi_cell(WIDTH_MM - LABEL_MM, 6.2, text, new_x=XPos.LMARGIN, new_y=YPos.NEXT)

    def words(self, text: str) -> None:
        """A paragraph."""
        self.set_font("zh", size=10)
        self.set_text_color(0)
        self.multi_cell(WIDTH_MM, 6.2, text, new_x=XPos.LMARGIN, new_y=YPos.NEXT)


def write(data: dict[str, Any], *, number: int, made_at: datetime, confirmed: str = "") -> bytes:
    """The PDF of a plan's values (`backend.orders.install_plan.content`); ``confirmed`` says by whom and when."""
    page = _Page(f"{data['order_number']} 安装方案 第 {number} 版")
    page.set_title(f"{data['customer']} 安装方案")
    page.set_font("zh", size=18)
    page.cell(WIDTH_MM, 11, "安装方案", new_x=XPos.LMARGIN, new_y=YPos.NEXT)
    page.set_font("zh", size=9)
    page.set_text_color(110)
    made = made_at.astimezone(SHANGHAI)
    page.cell(
        WIDTH_MM,
        6,
        f"{data['order_number']} · 第 {number} 版 · {made:%Y-%m-%d}",
        new_x=XPos.LMARGIN,
        new_y=YPos.NEXT,
    )
    for title, rows in sections(data):
        page.head(title)
        for label, text in rows:
            if label:
                page.fact(label, text)
            else:
                page.words(text)
    page.head("客户确认")
    if confirmed:
        page.words(confirmed)
    else:
        page.fact("确认人", "____________________    日期  ____________________")
    return bytes(page.output())
