"""A workbook with everything Excel can put in one, written as the text of its parts."""

from __future__ import annotations

import base64
import zipfile
from pathlib import Path

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006"
PACKAGE = "http://schemas.openxmlformats.org/package/2006"
MICROSOFT = "http://schemas.microsoft.com/office"
DRAWING = "http://schemas.openxmlformats.org/drawingml/2006"
MIME = "application/vnd.openxmlformats-officedocument"
DECLARATION = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
PIXEL = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)
TYPES = {
    "xl/workbook.xml": "application/vnd.ms-excel.sheet.macroEnabled.main+xml",
    "xl/worksheets/sheet1.xml": f"{MIME}.spreadsheetml.worksheet+xml",
    "xl/worksheets/sheet2.xml": f"{MIME}.spreadsheetml.worksheet+xml",
    "xl/chartsheets/sheet1.xml": f"{MIME}.spreadsheetml.chartsheet+xml",
    "xl/styles.xml": f"{MIME}.spreadsheetml.styles+xml",
    "xl/sharedStrings.xml": f"{MIME}.spreadsheetml.sharedStrings+xml",
    "xl/calcChain.xml": f"{MIME}.spreadsheetml.calcChain+xml",
    "xl/comments1.xml": f"{MIME}.spreadsheetml.comments+xml",
    "xl/threadedComments/threadedComment1.xml": "application/vnd.ms-excel.threadedcomments+xml",
    "xl/persons/person.xml": "application/vnd.ms-excel.person+xml",
    "xl/tables/table1.xml": f"{MIME}.spreadsheetml.table+xml",
    "xl/pivotCache/pivotCacheDefinition1.xml": f"{MIME}.spreadsheetml.pivotCacheDefinition+xml",
    "xl/pivotCache/pivotCacheRecords1.xml": f"{MIME}.spreadsheetml.pivotCacheRecords+xml",
    "xl/pivotTables/pivotTable1.xml": f"{MIME}.spreadsheetml.pivotTable+xml",
    "xl/slicers/slicer1.xml": "application/vnd.ms-excel.slicer+xml",
    "xl/slicerCaches/slicerCache1.xml": "application/vnd.ms-excel.slicerCache+xml",
    "xl/drawings/drawing1.xml": f"{MIME}.drawing+xml",
    "xl/drawings/drawing2.xml": f"{MIME}.drawing+xml",
    "xl/charts/chart1.xml": f"{MIME}.drawingml.chart+xml",
    "xl/charts/chart2.xml": f"{MIME}.drawingml.chart+xml",
    "xl/ctrlProps/ctrlProp1.xml": "application/vnd.ms-excel.controlproperties+xml",
    "xl/externalLinks/externalLink1.xml": f"{MIME}.spreadsheetml.externalLink+xml",
    "xl/vbaProject.bin": "application/vnd.ms-office.vbaProject",
    "customXml/itemProps1.xml": f"{MIME}.customXmlProperties+xml",
    "docProps/app.xml": f"{MIME}.extended-properties+xml",
    "docProps/core.xml": "application/vnd.openxmlformats-package.core-properties+xml",
    "docProps/custom.xml": f"{MIME}.custom-properties+xml",
}
RELATIONSHIPS = {
    "": {
        "rId1": (f"{OFFICE}/relationships/officeDocument", "xl/workbook.xml"),
        "rId2": (f"{PACKAGE}/relationships/metadata/core-properties", "docProps/core.xml"),
        "rId3": (f"{OFFICE}/relationships/extended-properties", "docProps/app.xml"),
        "rId4": (f"{OFFICE}/relationships/custom-properties", "docProps/custom.xml"),
    },
    "customXml/item1.xml": {
        "rId1": (f"{OFFICE}/relationships/customXmlProps", "itemProps1.xml"),
    },
    "xl/workbook.xml": {
        "rId1": (f"{OFFICE}/relationships/worksheet", "worksheets/sheet1.xml"),
        "rId2": (f"{OFFICE}/relationships/worksheet", "worksheets/sheet2.xml"),
        "rId3": (f"{OFFICE}/relationships/chartsheet", "chartsheets/sheet1.xml"),
        "rId4": (f"{OFFICE}/relationships/styles", "styles.xml"),
        "rId5": (f"{OFFICE}/relationships/sharedStrings", "sharedStrings.xml"),
        "rId6": (f"{OFFICE}/relationships/calcChain", "calcChain.xml"),
        "rId7": (f"{OFFICE}/relationships/externalLink", "externalLinks/externalLink1.xml"),
        "rId8": (f"{OFFICE}/relationships/pivotCacheDefinition",
                 "pivotCache/pivotCacheDefinition1.xml"),
        "rId9": (f"{MICROSOFT}/2006/relationships/vbaProject", "vbaProject.bin"),
        "rId10": (f"{MICROSOFT}/2017/10/relationships/person", "persons/person.xml"),
        "rId11": (f"{MICROSOFT}/2007/relationships/slicerCache", "slicerCaches/slicerCache1.xml"),
        "rId12": (f"{OFFICE}/relationships/customXml", "../customXml/item1.xml"),
    },
    "xl/worksheets/sheet1.xml": {
        "rId1": (f"{OFFICE}/relationships/drawing", "../drawings/drawing1.xml"),
        "rId2": (f"{OFFICE}/relationships/vmlDrawing", "../drawings/vmlDrawing1.vml"),
        "rId3": (f"{OFFICE}/relationships/comments", "../comments1.xml"),
        "rId4": (f"{MICROSOFT}/2017/10/relationships/threadedComment",
                 "../threadedComments/threadedComment1.xml"),
        "rId5": (f"{OFFICE}/relationships/printerSettings",
                 "../printerSettings/printerSettings1.bin"),
        "rId6": (f"{OFFICE}/relationships/hyperlink", "https://example.com/a?b=1&amp;c=2"),
        "rId7": (f"{OFFICE}/relationships/ctrlProp", "../ctrlProps/ctrlProp1.xml"),
        "rId8": (f"{OFFICE}/relationships/image", "../media/image1.png"),
    },
    "xl/worksheets/sheet2.xml": {
        "rId1": (f"{OFFICE}/relationships/pivotTable", "../pivotTables/pivotTable1.xml"),
        "rId2": (f"{OFFICE}/relationships/table", "../tables/table1.xml"),
        "rId3": (f"{MICROSOFT}/2007/relationships/slicer", "../slicers/slicer1.xml"),
    },
    "xl/chartsheets/sheet1.xml": {
        "rId1": (f"{OFFICE}/relationships/drawing", "../drawings/drawing2.xml"),
    },
    "xl/drawings/drawing1.xml": {
        "rId1": (f"{OFFICE}/relationships/chart", "../charts/chart1.xml"),
        "rId2": (f"{OFFICE}/relationships/image", "../media/image1.png"),
    },
    "xl/drawings/drawing2.xml": {
        "rId1": (f"{OFFICE}/relationships/chart", "../charts/chart2.xml"),
    },
    "xl/pivotCache/pivotCacheDefinition1.xml": {
        "rId1": (f"{OFFICE}/relationships/pivotCacheRecords", "pivotCacheRecords1.xml"),
    },
    "xl/pivotTables/pivotTable1.xml": {
        "rId1": (f"{OFFICE}/relationships/pivotCacheDefinition",
                 "../pivotCache/pivotCacheDefinition1.xml"),
    },
    "xl/externalLinks/externalLink1.xml": {
        "rId1": (f"{OFFICE}/relationships/externalLinkPath", "prices.xlsx"),
    },
}  # fmt: skip
EXTERNAL = {"https://example.com/a?b=1&amp;c=2", "prices.xlsx"}


def chart(sheet: str) -> str:
    return f"""<c:chartSpace xmlns:c="{DRAWING}/chart" xmlns:a="{DRAWING}/main">
<c:roundedCorners val="1"/><c:chart><c:autoTitleDeleted val="1"/><c:plotArea><c:layout/>
<c:barChart><c:barDir val="col"/><c:grouping val="clustered"/><c:varyColors val="0"/>
<c:ser><c:idx val="0"/><c:order val="0"/><c:val><c:numRef><c:f>{sheet}!$C$2:$C$4</c:f>
<c:numCache><c:formatCode>General</c:formatCode><c:ptCount val="1"/>
<c:pt idx="0"><c:v>6000000</c:v></c:pt></c:numCache></c:numRef></c:val></c:ser>
<c:axId val="1"/><c:axId val="2"/></c:barChart>
<c:catAx><c:axId val="1"/><c:scaling><c:orientation val="minMax"/></c:scaling>
<c:delete val="0"/><c:axPos val="b"/><c:crossAx val="2"/></c:catAx>
<c:valAx><c:axId val="2"/><c:scaling><c:orientation val="minMax"/></c:scaling>
<c:delete val="0"/><c:axPos val="l"/><c:crossAx val="1"/></c:valAx>
</c:plotArea><c:plotVisOnly val="1"/></c:chart></c:chartSpace>"""


def anchor(row: int, inside: str) -> str:
    return f"""<xdr:twoCellAnchor>
<xdr:from><xdr:col>20</xdr:col><xdr:colOff>0</xdr:colOff><xdr:row>{row}</xdr:row><xdr:rowOff>0</xdr:rowOff></xdr:from>
<xdr:to><xdr:col>24</xdr:col><xdr:colOff>0</xdr:colOff><xdr:row>{row + 5}</xdr:row><xdr:rowOff>0</xdr:rowOff></xdr:to>
{inside}<xdr:clientData/></xdr:twoCellAnchor>"""


def frame(number: int, name: str) -> str:
    return f"""<xdr:graphicFrame macro=""><xdr:nvGraphicFramePr><xdr:cNvPr id="{number}" name="{name}"/>
<xdr:cNvGraphicFramePr/></xdr:nvGraphicFramePr>
<xdr:xfrm><a:off x="0" y="0"/><a:ext cx="0" cy="0"/></xdr:xfrm>
<a:graphic><a:graphicData uri="{DRAWING}/chart">
<c:chart xmlns:c="{DRAWING}/chart" r:id="rId1"/></a:graphicData></a:graphic></xdr:graphicFrame>"""


def drawing(inside: str) -> str:
    return (
        f'<xdr:wsDr xmlns:xdr="{DRAWING}/spreadsheetDrawing" xmlns:a="{DRAWING}/main" '
        f'xmlns:r="{OFFICE}/relationships">{inside}</xdr:wsDr>'
    )


PICTURE = """<xdr:pic><xdr:nvPicPr><xdr:cNvPr id="3" name="图片"/><xdr:cNvPicPr/></xdr:nvPicPr>
<xdr:blipFill><a:blip r:embed="rId2"/><a:stretch><a:fillRect/></a:stretch></xdr:blipFill>
<xdr:spPr><a:prstGeom prst="rect"><a:avLst/></a:prstGeom></xdr:spPr></xdr:pic>"""
SHAPE = """<xdr:sp macro="" textlink=""><xdr:nvSpPr><xdr:cNvPr id="4" name="文本框"/><xdr:cNvSpPr txBox="1"/></xdr:nvSpPr>
<xdr:spPr><a:prstGeom prst="rect"><a:avLst/></a:prstGeom></xdr:spPr>
<xdr:txBody><a:bodyPr/><a:p><a:r><a:t>华东区 &amp; 华南区</a:t></a:r></a:p></xdr:txBody></xdr:sp>"""
SHEET = f"""<worksheet xmlns="{MAIN}" xmlns:r="{OFFICE}/relationships" xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006" mc:Ignorable="x14ac" xmlns:x14ac="{MICROSOFT}/spreadsheetml/2009/9/ac">
<sheetPr codeName="Sheet1"><tabColor rgb="FF00B050"/><outlinePr summaryBelow="0"/></sheetPr><dimension ref="A1:D6"/>
<sheetViews><sheetView tabSelected="1" workbookViewId="0"><pane ySplit="1" topLeftCell="A2" activePane="bottomLeft" state="frozen"/><selection pane="bottomLeft" activeCell="B3" sqref="B3"/></sheetView></sheetViews>
<sheetFormatPr defaultRowHeight="14.4" x14ac:dyDescent="0.3"/>
<cols><col min="1" max="1" width="12" customWidth="1"/><col min="2" max="5" width="20" style="1" customWidth="1"/></cols>
<sheetData>
<row r="1" spans="1:4" ht="20" customHeight="1" x14ac:dyDescent="0.3"><c r="A1" t="s"><v>0</v></c><c r="B1" t="s"><v>1</v></c><c r="C1" t="s"><v>2</v></c><c r="D1" s="1"/></row>
<row r="2" spans="1:4"><c r="A2" t="inlineStr"><is><t>K1</t></is></c><c r="B2" s="1" t="s"><v>3</v></c><c r="C2" s="2"><v>6000000</v></c></row>
<row r="3" spans="1:4" outlineLevel="1"><c r="A3" t="str"><f>"K"&amp;2</f><v>K2</v></c><c r="B3" t="inlineStr"><is><t>=cmd|' /C calc'!A0</t></is></c><c r="C3" s="2"><f t="shared" ref="C3:C4" si="0">1000000+1000000</f><v>2000000</v></c></row>
<row r="4" spans="1:4"><c r="A4" t="inlineStr"><is><t>K3</t></is></c><c r="B4" t="inlineStr"><is><t xml:space="preserve"> &lt;script&gt;alert(1)&lt;/script&gt; </t></is></c><c r="C4" s="2"><f t="shared" si="0"/><v>1500000</v></c></row>
<row r="5" spans="1:4"><c r="A5" t="inlineStr"><is><t>K4</t></is></c><c r="B5" t="e"><f>[1]Prices!A1</f><v>#REF!</v></c><c r="C5" t="inlineStr"><is><t>=1,2OO</t></is></c></row>
<row r="6" spans="1:4"><c r="A6" t="inlineStr"><is><t>K5</t></is></c><c r="C6" s="2"><f t="array" ref="C6">SUM(C2:C3*0.0625)</f><v>500000</v></c></row>
</sheetData>
<sheetProtection sheet="0" formatCells="0"/><protectedRanges><protectedRange sqref="C2:C6" name="sales"/></protectedRanges>
<autoFilter ref="A1:C6"><filterColumn colId="2"><customFilters><customFilter operator="greaterThan" val="0"/></customFilters></filterColumn></autoFilter>
<mergeCells count="1"><mergeCell ref="A9:B9"/></mergeCells><phoneticPr fontId="0" type="noConversion"/>
<conditionalFormatting sqref="C2:C6"><cfRule type="cellIs" dxfId="0" priority="1" operator="lessThan"><formula>1000</formula></cfRule></conditionalFormatting>
<dataValidations count="1"><dataValidation type="list" allowBlank="1" showErrorMessage="1" sqref="D2:D6"><formula1>"是,否"</formula1></dataValidation></dataValidations>
<hyperlinks><hyperlink ref="A2" r:id="rId6" tooltip="网站"/></hyperlinks>
<printOptions headings="1"/><pageMargins left="0.7" right="0.7" top="0.75" bottom="0.75" header="0.3" footer="0.3"/>
<pageSetup paperSize="9" orientation="landscape" r:id="rId5"/><headerFooter><oddHeader>&amp;L&amp;"宋体,Bold"大客户</oddHeader></headerFooter>
<rowBreaks count="1" manualBreakCount="1"><brk id="4" max="16383" man="1"/></rowBreaks>
<ignoredErrors><ignoredError sqref="A2:A6" numberStoredAsText="1"/></ignoredErrors>
<drawing r:id="rId1"/><legacyDrawing r:id="rId2"/><picture r:id="rId8"/>
<mc:AlternateContent><mc:Choice xmlns:x14="{MICROSOFT}/spreadsheetml/2009/9/main" Requires="x14"><controls><control shapeId="1026" r:id="rId7" name="复选框 2"><controlPr defaultSize="0"><anchor moveWithCells="1"><from><xdr:col xmlns:xdr="{DRAWING}/spreadsheetDrawing">25</xdr:col><xdr:colOff xmlns:xdr="{DRAWING}/spreadsheetDrawing">0</xdr:colOff><xdr:row xmlns:xdr="{DRAWING}/spreadsheetDrawing">1</xdr:row><xdr:rowOff xmlns:xdr="{DRAWING}/spreadsheetDrawing">0</xdr:rowOff></from><to><xdr:col xmlns:xdr="{DRAWING}/spreadsheetDrawing">26</xdr:col><xdr:colOff xmlns:xdr="{DRAWING}/spreadsheetDrawing">0</xdr:colOff><xdr:row xmlns:xdr="{DRAWING}/spreadsheetDrawing">2</xdr:row><xdr:rowOff xmlns:xdr="{DRAWING}/spreadsheetDrawing">0</xdr:rowOff></to></anchor></controlPr></control></controls></mc:Choice></mc:AlternateContent>
<extLst>
<ext xmlns:x14="{MICROSOFT}/spreadsheetml/2009/9/main" uri="{{78C0D931-6437-407d-A8EE-F0AAD7539E65}}"><x14:conditionalFormattings><x14:conditionalFormatting xmlns:xm="{MICROSOFT}/excel/2006/main"><x14:cfRule type="dataBar" id="{{11111111-2222-3333-4444-555555555555}}"><x14:dataBar minLength="0" maxLength="100"><x14:cfvo type="autoMin"/><x14:cfvo type="autoMax"/><x14:negativeFillColor rgb="FFFF0000"/><x14:axisColor rgb="FF000000"/></x14:dataBar></x14:cfRule><xm:sqref>C2:C6</xm:sqref></x14:conditionalFormatting></x14:conditionalFormattings></ext>
<ext xmlns:x14="{MICROSOFT}/spreadsheetml/2009/9/main" uri="{{05C60535-1F16-4fd2-B633-F4F36F0B64E0}}"><x14:sparklineGroups xmlns:xm="{MICROSOFT}/excel/2006/main"><x14:sparklineGroup displayEmptyCellsAs="gap"><x14:colorSeries rgb="FF376092"/><x14:sparklines><x14:sparkline><xm:f>客户!C2:C6</xm:f><xm:sqref>D2</xm:sqref></x14:sparkline></x14:sparklines></x14:sparklineGroup></x14:sparklineGroups></ext>
</extLst></worksheet>"""
PARTS: dict[str, str | bytes] = {
    "xl/workbook.xml": f"""<workbook xmlns="{MAIN}" xmlns:r="{OFFICE}/relationships">
<fileVersion appName="xl" lastEdited="7"/><workbookPr codeName="ThisWorkbook" defaultThemeVersion="166925"/>
<workbookProtection lockStructure="0"/><bookViews><workbookView xWindow="0" yWindow="0" windowWidth="28800" windowHeight="12300" activeTab="0"/></bookViews>
<sheets><sheet name="客户" sheetId="3" r:id="rId1"/><sheet name="透视 &amp; 表" sheetId="5" r:id="rId2"/><sheet name="图" sheetId="8" r:id="rId3"/></sheets>
<externalReferences><externalReference r:id="rId7"/></externalReferences>
<definedNames><definedName name="_xlnm._FilterDatabase" localSheetId="0" hidden="1">客户!$A$1:$C$6</definedName><definedName name="_xlnm.Print_Titles" localSheetId="0">客户!$1:$1</definedName><definedName name="Slicer_区域">#N/A</definedName><definedName name="销售额">客户!$C$2:$C$6</definedName></definedNames>
<calcPr calcId="191029" fullCalcOnLoad="1"/><pivotCaches><pivotCache cacheId="4" r:id="rId8"/></pivotCaches>
<extLst><ext xmlns:x14="{MICROSOFT}/spreadsheetml/2009/9/main" uri="{{BBE1A952-AA13-448e-AADC-164F8A28A991}}"><x14:slicerCaches><x14:slicerCache r:id="rId11"/></x14:slicerCaches></ext></extLst></workbook>""",
    "xl/worksheets/sheet1.xml": SHEET,
    "xl/worksheets/sheet2.xml": f"""<worksheet xmlns="{MAIN}" xmlns:r="{OFFICE}/relationships"><sheetData>
<row r="1"><c r="A1" t="inlineStr"><is><t>区域</t></is></c><c r="B1" t="inlineStr"><is><t>金额</t></is></c></row>
<row r="2"><c r="A2" t="inlineStr"><is><t>华东</t></is></c><c r="B2"><v>1</v></c></row>
<row r="5"><c r="E5" t="inlineStr"><is><t>求和项:金额</t></is></c></row></sheetData>
<pageMargins left="0.7" right="0.7" top="0.75" bottom="0.75" header="0.3" footer="0.3"/><tableParts count="1"><tablePart r:id="rId2"/></tableParts>
<extLst><ext xmlns:x14="{MICROSOFT}/spreadsheetml/2009/9/main" uri="{{A8765BA9-456A-4dab-B4F3-ACF838C121DE}}"><x14:slicerList><x14:slicer r:id="rId3"/></x14:slicerList></ext></extLst></worksheet>""",
    "xl/chartsheets/sheet1.xml": f"""<chartsheet xmlns="{MAIN}" xmlns:r="{OFFICE}/relationships"><sheetViews><sheetView workbookViewId="0"/></sheetViews><drawing r:id="rId1"/></chartsheet>""",
    "xl/styles.xml": f"""<styleSheet xmlns="{MAIN}"><numFmts count="1"><numFmt numFmtId="164" formatCode="&quot;¥&quot;#,##0"/></numFmts>
<fonts count="2"><font><sz val="11"/><name val="宋体"/></font><font><b/><sz val="12"/><color theme="1"/><name val="宋体"/><family val="2"/></font></fonts>
<fills count="3"><fill><patternFill patternType="none"/></fill><fill><patternFill patternType="gray125"/></fill><fill><gradientFill degree="90"><stop position="0"><color rgb="FFFFFFFF"/></stop><stop position="1"><color rgb="FF4F81BD"/></stop></gradientFill></fill></fills>
<borders count="1"><border><left/><right/><top/><bottom/><diagonal/></border></borders>
<cellStyleXfs count="2"><xf numFmtId="0" fontId="0" fillId="0" borderId="0"/><xf numFmtId="9" fontId="0" fillId="0" borderId="0"/></cellStyleXfs>
<cellXfs count="3"><xf numFmtId="0" fontId="0" fillId="0" borderId="0" xfId="0"/><xf numFmtId="0" fontId="1" fillId="2" borderId="0" xfId="0" applyFont="1" applyFill="1"/><xf numFmtId="164" fontId="0" fillId="0" borderId="0" xfId="0" applyNumberFormat="1"/></cellXfs>
<cellStyles count="2"><cellStyle name="常规" xfId="0" builtinId="0"/><cellStyle name="百分比" xfId="1" builtinId="5"/></cellStyles>
<dxfs count="1"><dxf><font><color rgb="FF9C0006"/></font></dxf></dxfs>
<tableStyles count="0" defaultTableStyle="TableStyleMedium2"/><colors><mruColors><color rgb="FF123456"/></mruColors></colors></styleSheet>""",
    "xl/sharedStrings.xml": f"""<sst xmlns="{MAIN}" count="4" uniqueCount="4"><si><t>客户编号</t></si><si><t>客户名称</t></si><si><r><rPr><b/><sz val="11"/></rPr><t xml:space="preserve">年销售额 </t></r><r><rPr><i/><sz val="8"/></rPr><t>(元)</t></r></si><si><t>华东机电</t><rPh sb="0" eb="2"><t>カトウ</t></rPh><phoneticPr fontId="0"/></si></sst>""",
    "xl/calcChain.xml": f'<calcChain xmlns="{MAIN}"><c r="A3" i="3"/><c r="C3" i="3"/></calcChain>',
    "xl/comments1.xml": f"""<comments xmlns="{MAIN}"><authors><author>王敏</author><author>tc={{AAAAAAAA-0000-4000-8000-000000000001}}</author></authors><commentList>
<comment ref="B2" authorId="0" shapeId="0"><text><r><rPr><b/><sz val="9"/></rPr><t>王敏:</t></r><r><rPr><sz val="9"/></rPr><t xml:space="preserve">
老客户</t></r></text></comment><comment ref="C2" authorId="1" shapeId="0"><text><t>[Threaded comment] 核对过了</t></text></comment></commentList></comments>""",
    "xl/threadedComments/threadedComment1.xml": f"""<ThreadedComments xmlns="{MICROSOFT}/spreadsheetml/2018/threadedcomments"><threadedComment ref="C2" dT="2025-01-02T03:04:05.06" personId="{{AAAAAAAA-0000-4000-8000-0000000000FF}}" id="{{AAAAAAAA-0000-4000-8000-000000000001}}"><text>核对过了</text></threadedComment></ThreadedComments>""",
    "xl/persons/person.xml": f"""<personList xmlns="{MICROSOFT}/spreadsheetml/2018/threadedcomments"><person displayName="王敏" id="{{AAAAAAAA-0000-4000-8000-0000000000FF}}" userId="S::w@example.com" providerId="AD"/></personList>""",
    "xl/drawings/vmlDrawing1.vml": """<xml xmlns:v="urn:schemas-microsoft-com:vml" xmlns:o="urn:schemas-microsoft-com:office:office" xmlns:x="urn:schemas-microsoft-com:office:excel">
<o:shapelayout v:ext="edit"><o:idmap v:ext="edit" data="1"/></o:shapelayout>
<v:shapetype id="_x0000_t202" coordsize="21600,21600" o:spt="202" path="m,l,21600r21600,l21600,xe"><v:stroke joinstyle="miter"/><v:path gradientshapeok="t" o:connecttype="rect"/></v:shapetype>
<v:shape id="_x0000_s1025" type="#_x0000_t202" style="position:absolute;visibility:hidden" fillcolor="#ffffe1" o:insetmode="auto"><v:textbox><div style="text-align:left"></div></v:textbox><x:ClientData ObjectType="Note"><x:MoveWithCells/><x:SizeWithCells/><x:Anchor>2, 15, 0, 2, 4, 15, 4, 1</x:Anchor><x:AutoFill>False</x:AutoFill><x:Row>1</x:Row><x:Column>1</x:Column></x:ClientData></v:shape>
<v:shape id="_x0000_s1026" type="#_x0000_t201" style="position:absolute" stroked="f"><x:ClientData ObjectType="Checkbox"><x:Anchor>25, 0, 1, 0, 26, 0, 2, 0</x:Anchor><x:Checked>1</x:Checked></x:ClientData></v:shape>
<v:shape id="_x0000_s1027" type="#_x0000_t202" style="position:absolute;visibility:hidden" fillcolor="#ffffe1" o:insetmode="auto"><v:textbox><div style="text-align:left"></div></v:textbox><x:ClientData ObjectType="Note"><x:Anchor>3, 15, 0, 2, 5, 15, 4, 1</x:Anchor><x:AutoFill>False</x:AutoFill><x:Row>1</x:Row><x:Column>2</x:Column></x:ClientData></v:shape></xml>""",
    "xl/tables/table1.xml": f"""<table xmlns="{MAIN}" id="1" name="区域表" displayName="区域表" ref="A1:B2" totalsRowShown="0"><autoFilter ref="A1:B2"/><tableColumns count="2"><tableColumn id="1" name="区域"/><tableColumn id="2" name="金额"/></tableColumns><tableStyleInfo name="TableStyleMedium2" showRowStripes="1"/></table>""",
    "xl/pivotCache/pivotCacheDefinition1.xml": f"""<pivotCacheDefinition xmlns="{MAIN}" xmlns:r="{OFFICE}/relationships" r:id="rId1" refreshedBy="王敏" refreshedDate="45000" createdVersion="6" refreshedVersion="6" recordCount="1"><cacheSource type="worksheet"><worksheetSource ref="A1:B2" sheet="透视 &amp; 表"/></cacheSource><cacheFields count="2"><cacheField name="区域" numFmtId="0"><sharedItems count="1"><s v="华东"/></sharedItems></cacheField><cacheField name="金额" numFmtId="0"><sharedItems containsSemiMixedTypes="0" containsString="0" containsNumber="1" containsInteger="1" minValue="1" maxValue="1"/></cacheField></cacheFields></pivotCacheDefinition>""",
    "xl/pivotCache/pivotCacheRecords1.xml": f'<pivotCacheRecords xmlns="{MAIN}" count="1"><r><x v="0"/><n v="1"/></r></pivotCacheRecords>',
    "xl/pivotTables/pivotTable1.xml": f"""<pivotTableDefinition xmlns="{MAIN}" name="数据透视表1" cacheId="4" applyNumberFormats="0" applyBorderFormats="0" applyFontFormats="0" applyPatternFormats="0" applyAlignmentFormats="0" applyWidthHeightFormats="1" dataCaption="值" updatedVersion="6" createdVersion="6"><location ref="E5:E6" firstHeaderRow="1" firstDataRow="1" firstDataCol="0"/><pivotFields count="2"><pivotField showAll="0"><items count="2"><item x="0"/><item t="default"/></items></pivotField><pivotField dataField="1" showAll="0"/></pivotFields><rowItems count="1"><i/></rowItems><colItems count="1"><i/></colItems><dataFields count="1"><dataField name="求和项:金额" fld="1" baseField="0" baseItem="0"/></dataFields></pivotTableDefinition>""",
    "xl/slicers/slicer1.xml": f"""<slicers xmlns="{MICROSOFT}/spreadsheetml/2009/9/main"><slicer name="区域" cache="Slicer_区域" caption="区域" rowHeight="241300"/></slicers>""",
    "xl/slicerCaches/slicerCache1.xml": f"""<slicerCacheDefinition xmlns="{MICROSOFT}/spreadsheetml/2009/9/main" name="Slicer_区域" sourceName="区域"><pivotTables><pivotTable tabId="5" name="数据透视表1"/></pivotTables><data><tabular pivotCacheId="4"><items count="1"><i x="0" s="1"/></items></tabular></data></slicerCacheDefinition>""",
    "xl/drawings/drawing1.xml": drawing(
        anchor(1, frame(2, "图表")) + anchor(8, PICTURE) + anchor(15, SHAPE)
    ),
    "xl/drawings/drawing2.xml": drawing(anchor(1, frame(2, "图表"))),
    "xl/charts/chart1.xml": chart("客户"),
    "xl/charts/chart2.xml": chart("客户"),
    "xl/media/image1.png": PIXEL,
    "xl/ctrlProps/ctrlProp1.xml": f'<formControlPr xmlns="{MICROSOFT}/spreadsheetml/2009/9/main" objectType="CheckBox" checked="Checked" lockText="1"/>',
    "xl/externalLinks/externalLink1.xml": f"""<externalLink xmlns="{MAIN}"><externalBook xmlns:r="{OFFICE}/relationships" r:id="rId1"><sheetNames><sheetName val="Prices"/></sheetNames></externalBook></externalLink>""",
    "xl/vbaProject.bin": b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1 no macros in here",
    "xl/printerSettings/printerSettings1.bin": "打印机".encode("utf-16-le") * 40,
    "customXml/item1.xml": "<root xmlns=\"urn:example\"><!-- kept --><a b='1'/></root>",
    "customXml/itemProps1.xml": f'<ds:datastoreItem xmlns:ds="{OFFICE}/customXml" ds:itemID="{{BBBBBBBB-0000-4000-8000-000000000001}}"><ds:schemaRefs/></ds:datastoreItem>',
    "docProps/core.xml": f'<cp:coreProperties xmlns:cp="{PACKAGE}/metadata/core-properties" xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:dcterms="http://purl.org/dc/terms/" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"><dc:creator>王敏</dc:creator><dcterms:created xsi:type="dcterms:W3CDTF">2024-01-02T03:04:05Z</dcterms:created><dcterms:modified xsi:type="dcterms:W3CDTF">2024-05-06T07:08:09Z</dcterms:modified></cp:coreProperties>',
    "docProps/app.xml": f"""<Properties xmlns="{OFFICE}/extended-properties" xmlns:vt="{OFFICE}/docPropsVTypes"><Application>Microsoft Excel</Application><HeadingPairs><vt:vector size="4" baseType="variant"><vt:variant><vt:lpstr>工作表</vt:lpstr></vt:variant><vt:variant><vt:i4>2</vt:i4></vt:variant><vt:variant><vt:lpstr>图表</vt:lpstr></vt:variant><vt:variant><vt:i4>1</vt:i4></vt:variant></vt:vector></HeadingPairs><TitlesOfParts><vt:vector size="3" baseType="lpstr"><vt:lpstr>客户</vt:lpstr><vt:lpstr>透视 &amp; 表</vt:lpstr><vt:lpstr>图</vt:lpstr></vt:vector></TitlesOfParts><Company>示例公司</Company><Manager>张总</Manager></Properties>""",
    "docProps/custom.xml": f"""<Properties xmlns="{OFFICE}/custom-properties" xmlns:vt="{OFFICE}/docPropsVTypes"><property fmtid="{{D5CDD505-2E9C-101B-9397-08002B2CF9AE}}" pid="2" name="密级"><vt:lpwstr>内部</vt:lpwstr></property></Properties>""",
}


def related(pairs: dict[str, tuple[str, str]]) -> str:
    its = "".join(
        f'<Relationship Id="{id_}" Type="{kind}" Target="{target}"'
        + (' TargetMode="External"/>' if target in EXTERNAL else "/>")
        for id_, (kind, target) in pairs.items()
    )
    return f'<Relationships xmlns="{PACKAGE}/relationships">{its}</Relationships>'


def write(path: Path, **changed: str) -> Path:
    """Return *path*, the workbook with some parts replaced, written as Excel packs it."""
    defaults = {
        "rels": "application/vnd.openxmlformats-package.relationships+xml",
        "xml": "application/xml",
        "vml": f"{MIME}.vmlDrawing",
        "png": "image/png",
        "bin": f"{MIME}.spreadsheetml.printerSettings",
    }
    listed = "".join(f'<Default Extension="{e}" ContentType="{t}"/>' for e, t in defaults.items())
    listed += "".join(f'<Override PartName="/{p}" ContentType="{t}"/>' for p, t in TYPES.items())
    parts: dict[str, str | bytes] = {
        "[Content_Types].xml": f'<Types xmlns="{PACKAGE}/content-types">{listed}</Types>',
        **PARTS,
        **changed,
    }
    for part, pairs in RELATIONSHIPS.items():
        folder, _, name = part.rpartition("/")
        parts[f"{folder}/_rels/{name}.rels".lstrip("/")] = related(pairs)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as package:
        for name, content in parts.items():
            is_text = isinstance(content, str) and not name.endswith(".vml")
            package.writestr(name, DECLARATION + content if is_text else content)
    return path
