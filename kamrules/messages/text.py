"""Every message people see, in Chinese and English."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from kamrules.messages.problem import Cell, Problem, Refusal, Severity
from kamrules.words.text import Text, _fill


class Message(NamedTuple):
    """The sentences of one code; an empty why or fix is filled from a Refusal."""

    severity: Severity
    what: Text
    why: Text
    fix: Text
    effect: Text


_NONE = Text("", "")


_NO_RUN = Text("未判定, 未写出任何文件", "nothing was decided, nothing was written")


_TABLE = Text(
    "规则表 {table} 不能运行; 未写出任何文件", "table {table} cannot run; nothing was written"
)


_ROW = Text(
    "用到此值的规则对该行不判定; 其他客户照常",
    "rules that need it do not decide this row; other customers are not affected",
)


_DECIDE = Text(
    "{key} 在 {table} 中未判定; 其他客户照常",
    "{table} does not decide {key}; other customers are not affected",
)


# fmt: off
MESSAGES: Mapping[str, Message] = {
    # E0xx file, lock, format
    "E001": Message("error", Text("找不到文件 {name}", "there is no file {name}"), Text("给出的位置是 {path}", "the path given is {path}"), Text("检查文件名和文件夹; 名称里有空格时加引号", "check the name and the folder; put quotes around a name with spaces"), _NO_RUN),
    "E002": Message("error", Text("不能打开或写入 {name}", "cannot open or write {name}"), Text("{reason}", "{reason}"), Text("在 Excel 中关闭它再试, 或用 -o 写到别处", "close it in Excel and try again, or write elsewhere with -o"), Text("未写出任何文件", "nothing was written")),
    "E003": Message("error", Text("{name} 不是 Excel 工作簿 (.xlsx)", "{name} is not an Excel workbook (.xlsx)"), Text("它其实是{kind}", "it is {kind}"), Text("选用 .xlsx 工作簿; 若只有这个文件, 用 Excel 打开或导入, 再另存为 .xlsx", "use the .xlsx workbook; if this is all there is, open or import it in Excel and save it as .xlsx"), _NO_RUN),
    "E004": Message("error", Text("{name} 有密码保护", "{name} is protected by a password"), Text("加密的工作簿打不开", "an encrypted workbook cannot be read"), Text("在 Excel 中: 文件 > 信息 > 保护工作簿 > 用密码进行加密, 清空密码后另存一份", "in Excel: File > Info > Protect Workbook > Encrypt with Password, clear the password, save a copy"), _NO_RUN),
    "E005": Message("error", Text("{name} 是{kind}", "{name} is {kind}"), Text("kamrules 只读 .xlsx 和 .xlsm", "kamrules reads .xlsx and .xlsm only"), Text("在 Excel 中打开, 另存为 “Excel 工作簿 (*.xlsx)”", "open it in Excel and save it as “Excel Workbook (*.xlsx)”"), _NO_RUN),
    "E006": Message("error", Text("{name} 已损坏, 不能放心读取", "{name} is damaged and cannot be trusted"), Text("{reason}", "{reason}"), Text("重新复制或下载; 仍不行时在 Excel 中打开并修复, 再另存为 .xlsx", "copy or download it again; if that does not help, let Excel open and repair it, and save it as .xlsx"), _NO_RUN),
    "E007": Message("error", Text("{name} 是空的", "{name} is empty"), Text("所有工作表都没有内容", "no sheet holds anything"), Text("检查是不是选错了文件, 或尚未保存", "check whether it is the right file, and saved"), _NO_RUN),
    "E008": Message("error", Text("{name} 太大, 不读取", "{name} is too large to be read"), Text("{reason}", "{reason}"), Text("删去用不到的工作表, 图片和空行, 另存后再试", "delete sheets, pictures and empty rows that are not needed, save it and try again"), _NO_RUN),
    "E009": Message("error", Text("{name} 是 Excel 的临时锁定文件", "{name} is a lock file of Excel"), Text("{workbook} 正打开着时 Excel 会生成它, 里面没有数据", "Excel makes it while {workbook} is open; it holds no data"), Text("改用 {workbook}; 若没有打开它, 可删去 {name}", "use {workbook}; if nobody has it open, delete {name}"), _NO_RUN),
    "E010": Message("error", Text("{name} 已经存在", "{name} exists already"), Text("不覆盖已有的文件", "an existing file is not overwritten"), Text("换一个文件夹, 或先移走它", "choose another folder, or move the file away first"), Text("没有写出文件", "nothing was written")),
    "E011": Message("error", Text("{name} 在读取期间被改动了", "{name} was changed while it was being read"), Text("结果和改动后的内容对不上", "the results do not belong to what it holds now"), Text("等它保存好以后再运行一次", "run again when it has been saved"), Text("没有写出文件", "nothing was written")),
    "E020": Message("error", Text("{name} 不能直接加上结果", "results cannot be added to {name}"), Text("{reason}", "{reason}"), Text("加 --fresh 再运行一次, 把结果写进一个新工作簿", "run again with --fresh to have the results in a new workbook"), Text("原文件未改动; 未写出任何文件", "the original is unchanged; nothing was written")),
    # E1xx cell values
    "E101": Message("error", Text("{column} 要数字, 这里不是", "{column} needs a number"), Text("{why}", "{why}"), Text("{fix}", "{fix}"), _ROW),
    "E102": Message("error", Text("{column} 要日期, 这里不是", "{column} needs a date"), Text("{why}", "{why}"), Text("{fix}", "{fix}"), _ROW),
    "E103": Message("error", Text("{column} 要 是 或 否, 这里不是", "{column} needs yes or no"), Text("{why}", "{why}"), Text("{fix}", "{fix}"), _ROW),
    "E104": Message("error", Text("{column} 要整数, 这里不是", "{column} needs a whole number"), Text("{why}", "{why}"), Text("{fix}", "{fix}"), _ROW),
    "E105": Message("error", Text("{column} 要日期和时间, 这里不是", "{column} needs a date and time"), Text("{why}", "{why}"), Text("{fix}", "{fix}"), _ROW),
    "E106": Message("error", Text("{column} 要时刻, 这里不是", "{column} needs a time of day"), Text("{why}", "{why}"), Text("{fix}", "{fix}"), _ROW),
    "E107": Message("error", Text("{column} 要时长, 这里不是", "{column} needs a length of time"), Text("{why}", "{why}"), Text("{fix}", "{fix}"), _ROW),
    "E108": Message("error", Text("{column} 要月数, 这里不是", "{column} needs a number of months"), Text("{why}", "{why}"), Text("{fix}", "{fix}"), _ROW),
    "E109": Message("error", Text("{column} 的单位写了两次", "{column} names a unit twice"), Text("“{typed}”写了单位, 表头也写了单位", "“{typed}” names a unit and so does the header"), Text("改成 {plain}, 按表头的单位", "type {plain}, in the unit of the header"), _ROW),
    "E110": Message("error", Text("{column} 是错误值 {found}", "{column} holds the error {found}"), Text("公式算不出结果, 不能当作空白", "its formula gives no value, which is not the same as a blank"), Text("改正公式, 或直接输入值; 没有值就清空单元格", "correct the formula or type the value; clear the cell if there is none"), _ROW),
    "E111": Message("error", Text("{column} 的公式没有保存结果", "the formula of {column} was saved without its result"), Text("生成此文件的程序没有计算公式, 不能当作空白", "the program that wrote the file did not calculate it, which is not the same as a blank"), Text("在 Excel 中打开并保存一次, 再运行", "open and save the workbook in Excel once, then run again"), _ROW),
    "W112": Message("warning", Text("{column} 大于 100%: {found}", "{column} is more than 100%: {found}"), Text("百分比列里的 {typed} 就是 {percent}", "{typed} in a percent column means {percent}"), Text("若本意是 {typed}%, 输入 {typed}%; 确是 {percent} 就不用改", "if {typed}% was meant, type {typed}%; if it is {percent}, leave it"), Text("按 {found} 判定", "it counts as {found}")),
    # E2xx sheets and headers
    "E201": Message("error", Text("{name} 里没有 “{sheet}” 表", "{name} has no “{sheet}” sheet"), Text("里面的工作表有: {present}{hint}", "its sheets are: {present}{hint}"), Text("把这张表命名为 “{sheet}”, 并在表头写上 {columns}", "name the sheet “{sheet}” and give it the headers {columns}"), _NO_RUN),
    "E202": Message("error", Text("“{sheet}” 表里找不到表头", "the “{sheet}” sheet has no header row"), Text("前 {rows} 行里没有一行写着至少两个认识的列名", "none of its first {rows} rows names two columns that are known"), Text("在数据上方写一行表头, 如 {columns}", "write a header row above the data, such as {columns}"), Text("{effect}", "{effect}")),
    "E203": Message("error", Text("“{sheet}” 表缺少必需的列 “{column}”", "the “{sheet}” sheet lacks the column “{column}”"), Text("表头里没有这个名称或它的同义词{hint}", "no header is its name or a synonym of it{hint}"), Text("把相应的表头改成 “{column}”, 或加上这一列", "rename the header that means it “{column}”, or add the column"), Text("{effect}", "{effect}")),
    "W204": Message("warning", Text("表头 “{found}” 不认识", "the header “{found}” is not known"), Text("它像 {near}, 但 kamrules 不猜", "it looks like {near}, but kamrules does not guess"), Text("若就是它, 把表头改成 {near}", "if that is what it means, rename it {near}"), Text("这一列按原名保留, 不当作 {near}", "the column is kept under its own name, not as {near}")),
    "E205": Message("error", Text("{column} {found} 重复", "{column} {found} occurs twice"), Text("第一次在 {first}", "the first is at {first}"), Text("合并两行, 或改正其中一个编号", "merge the rows, or correct one of the keys"), Text("只用第一行判定, 这一行不判定", "the first row is decided, this row is not")),
    "W206": Message("warning", Text("{column} {found} 不在客户表里", "{column} {found} is not in the customers sheet"), Text("{count} 行用到它", "rows that name it: {count}"), Text("在客户表里加上这个客户, 或改正编号", "add the customer to the customers sheet, or correct the key"), Text("这些行计入公司合计, 但不属于任何客户", "these rows count in company totals but belong to no customer")),
    "W207": Message("warning", Text("表头 “{found}” 与 {taken} 是同一列", "the header “{found}” means the same column as {taken}"), Text("一列只能有一个表头", "a column can have only one header"), Text("改掉或删去其中一个", "rename or delete one of them"), Text("只用 {taken}; 这一列按原名保留", "{taken} is used; this column is kept under its own name")),
    "W208": Message("warning", Text("{column} 的值 “{found}” 不在选项里", "“{found}” is not one of the choices of {column}"), Text("选项是 {allowed}", "the choices are {allowed}"), Text("改成其中之一", "type one of them"), Text("值照原样保留, 可能没有规则命中", "the value is kept as it is; perhaps no rule matches it")),
    "E209": Message("error", Text("这一行没有 {column}", "this row has no {column}"), Text("不知道它是谁的数据", "nobody knows whose data it is"), Text("填上 {column}, 或清空整行", "fill in the {column}, or clear the row"), Text("这一行不判定; 其他行照常", "this row is not decided; other rows are not affected")),
    "W210": Message("warning", Text("这一行没有 {column}", "this row has no {column}"), Text("不知道它属于哪个客户", "nobody knows which customer it belongs to"), Text("填上 {column}", "fill in the {column}"), Text("这一行计入公司合计, 但不属于任何客户", "this row counts in company totals but belongs to no customer")),
    "E211": Message("error", Text("找不到基准日", "there is no as-of date"), Text("数据里没有任何日期", "the data holds no date"), Text("用 --as-of 2024-12-31 指定, 或在 参数 表里写 基准日", "give one with --as-of 2024-12-31, or write as-of date in the Parameters sheet"), _NO_RUN),
    "E212": Message("error", Text("这一行不是 JSON 对象", "this line is not a JSON object"), Text("读到 {found}", "it reads {found}"), Text("写成 {{\"inputs\": {{\"列名\": 值}}}}", "write {{\"inputs\": {{\"column\": value}}}}"), Text("这一行未判定", "this line is not decided")),
    "E214": Message("error", Text("“{found}” 不在 {sheet} 表里", "“{found}” is not in the {sheet} sheet"), Text("{count} 个客户里没有这个编号或名称{hint}", "none of its {count} customers has that key or name{hint}"), Text("用客户编号或完整的名称", "give the customer's key or full name"), Text("没有可解释的客户", "there is nobody to explain")),
    "E215": Message("error", Text("{count} 个客户都叫 “{found}”", "{count} customers are called “{found}”"), Text("他们的编号是 {keys}", "their keys are {keys}"), Text("改用其中一个编号", "give one of the keys"), Text("没有可解释的客户", "there is nobody to explain")),
    "E216": Message("error", Text("没有代码 {found}", "there is no code {found}"), Text("代码是字母 E 或 W 加三位数字{hint}", "a code is E or W and three digits{hint}"), Text("照抄消息里的代码, 如 kamrules explain E305", "copy the code of a message, such as kamrules explain E305"), Text("没有可解释的代码", "there is nothing to explain")),
    "E217": Message("error", Text("{name} 不是 kamrules 写出的结果", "{name} is not a result of kamrules"), Text("里面没有运行记录", "it holds no record of a run"), Text("比较两个结果时都用 .kam.xlsx; 比较规则时用 kamrules diff BOOK --rules NEW --against OLD", "compare two .kam.xlsx files; to compare rules use kamrules diff BOOK --rules NEW --against OLD"), Text("未比较", "nothing was compared")),
    "W213": Message("warning", Text("{name} 里没有 历史 表", "{name} has no History sheet"), Text("它不是 kamrules 写出的结果, 或历史表被删了", "it is not a result of kamrules, or the sheet was removed"), Text("用上一期的 .kam.xlsx", "use the .kam.xlsx of the last period"), Text("不比较等级变化", "tiers are not compared")),
    "E221": Message("error", Text("{name} 里没有 “{sheet}” 表", "{name} has no “{sheet}” table"), Text("里面有: {present}", "it holds: {present}"), Text("Parquet 文件或文件夹以表名命名, 如 customers.parquet; 或写一个 .toml: customers = \"位置\"", "name Parquet files or folders after the sheets, such as customers.parquet, or write a .toml: customers = \"place\""), _NO_RUN),
    "E222": Message("error", Text("“{sheet}” 表的位置 {place} 读不了", "the “{sheet}” table at {place} cannot be read"), Text("{reason}", "{reason}"), Text("改正位置", "correct the place"), _NO_RUN),
    "E223": Message("error", Text("{name} 是工作簿, 不能分部分读", "{name} is a workbook and cannot be read in parts"), Text("--engine spark 读 Parquet", "--engine spark reads Parquet"), Text("给出 Parquet 文件夹或 .toml; 工作簿不用 --engine", "name a folder of Parquet files or a .toml; leave --engine out for a workbook"), _NO_RUN),
    "E224": Message("error", Text("没有安装 PySpark", "PySpark is not installed"), Text("--engine spark 需要它", "--engine spark needs it"), Text("安装 kamrules[spark], 还要有 Java 17 以上", "install kamrules[spark]; Java 17 or newer is needed too"), _NO_RUN),
    "E225": Message("error", Text("没有安装 sqlglot", "sqlglot is not installed"), Text("{name} 的 SQL 由它翻译", "it translates to the SQL of {name}"), Text("安装 kamrules[sql]; duckdb 的 SQL 不需要它", "install kamrules[sql]; the SQL of duckdb does without"), Text("未写出 SQL", "no SQL was written")),
    "E226": Message("error", Text("不能写成 {name} 的 SQL", "this cannot be written as SQL of {name}"), Text("{reason}", "{reason}"), Text("用另一种 --dialect", "use another --dialect"), Text("未写出 SQL", "no SQL was written")),
    "W231": Message("warning", Text("客户名称 “{found}” 有几个编号: {keys}", "the customer name “{found}” has several keys: {keys}"), Text("同一个名称用了不同的编号", "one name stands beside different keys"), Text("是同一个客户就合并成一个编号, 不是就在名称里区分", "use one key if it is one customer, else tell the names apart"), Text("它们分别判定, 销售额不相加", "they are decided one by one, their sales are not added up")),
    "W232": Message("warning", Text("战略意义 “{found}” 没有批准人", "the strategic mark “{found}” has no approver"), Text("按规定它要经批准", "it wants somebody's approval"), Text("填上 批准人, 或清空 战略意义", "fill in the approver, or clear the mark"), Text("等级照样按它判定", "the tier follows it all the same")),
    "W233": Message("warning", Text("{later} 早于 {earlier}: {found} ({count} 行)", "{later} is before {earlier}: {found} ({count} rows)"), Text("两个日期互相矛盾", "the two dates contradict each other"), Text("改正其中一个日期", "correct one of them"), Text("用到这两个日期的数字不可信", "figures that use these dates are not reliable")),
    "W234": Message("warning", Text("{sheet} 有 {count} 行与前面的行完全相同: 订单 {found}", "{count} rows of {sheet} repeat an earlier row: order {found}"), Text("订单, 产品, 日期, 金额都一样", "order, product, date and amount are the same"), Text("是重复录入就删去; 确有两行时加上行号", "delete them if they were entered twice; give both a line number if they are real"), Text("这些行都计入销售额", "all of them count as sales")),
    "W235": Message("notice", Text("{count} 个订单编号用于不止一个客户: {found}", "{count} order numbers belong to more than one customer: {found}"), Text("订单编号不是唯一的", "an order number is no key here"), Text("不是错误就不用改", "leave them if that is as it should be"), Text("销售额按客户编号计算, 不受影响; 订单数按客户分别计算", "sales follow the customer's key and are not affected")),
    # E3xx rule syntax
    "E301": Message("error", Text("看不懂规则单元格 “{found}”", "cannot read the rule cell '{found}'"), Text("从 “{near}” 开始读不懂", "it makes no sense from '{near}' on"), Text("写成如 >=5%   [1%..5%)   \"战略\",\"重点\"   -  ", "write e.g. >=5%   [1%..5%)   \"A\",\"B\"   - "), _TABLE),
    "E302": Message("error", Text("规则单元格 “{found}” 像是千位分隔符", "the rule cell '{found}' looks like a thousands separator"), Text("在条件里逗号表示 “或”, 会把 5 之类的数也算命中", "in a condition a comma means 'or', so a value such as 5 would match"), Text("写成 {fixed}; 若确实是多个值, 写成 {spaced}", "write {fixed}; for several values write {spaced}"), _TABLE),
    "E303": Message("error", Text("{type} 列 “{column}” 里的条件写了文字 “{word}”", "the condition of the {type} column '{column}' holds the word '{word}'"), Text("它不是参数, 也不是列名{suggest}", "it is neither a parameter nor a column{suggest}"), Text("改成数值, 或在 参数 表里定义 “{word}”", "write a value, or define '{word}' in the Parameters sheet"), _TABLE),
    "E304": Message("error", Text("规则单元格 “{found}” 用了 “{word}”", "the rule cell '{found}' uses '{word}'"), Text("“{word}” 是否含本数不清楚", "'{word}' does not say clearly whether the number itself is included"), Text("写成 {fixed}", "write {fixed}"), _TABLE),
    "E305": Message("error", Text("看不懂区间 “{found}”", "the range '{found}' is not clear"), Text("看不出两端的数是否包含在内", "it does not say whether its ends are included"), Text("写成 [{low}..{high}{close}; [ ] 含端点, ( ) 不含", "write [{low}..{high}{close}; [ ] include the end, ( ) do not"), _TABLE),
    "E306": Message("error", Text("不认识的命中策略 “{found}”", "the hit policy '{found}' is not known"), Text("可用的有 U A P F R O C C+ C< C> C#", "there are U A P F R O C C+ C< C> C#"), Text("例如写 U 唯一 或 F 首个", "write e.g. U Unique or F First"), _TABLE),
    "E307": Message("error", Text("决策表 “{table}” 不完整", "the decision table '{table}' is incomplete"), Text("{why}", "{why}"), Text("{fix}", "{fix}"), _TABLE),
    "E308": Message("error", Text("规则表互相依赖, 成了环: {cycle}", "tables depend on each other in a circle: {cycle}"), Text("每张表都要等另一张的结果", "each waits for the other's result"), Text("去掉其中一个条件列, 或改用上期的值, 如 “上期 {name}”", "remove one of the conditions, or use last period's value, such as 'previous {name}'"), Text("这些表都不能运行; 未写出任何文件", "none of them can run; nothing was written")),
    "E309": Message("error", Text("规则编号 “{found}” 用了两次", "the rule id '{found}' is used twice"), Text("第一次在 {first}", "the first is at {first}"), Text("给其中一条换一个编号", "give one of them another id"), _TABLE),
    "E310": Message("error", Text("规则单元格 “{found}” 与列的类型不符", "the rule cell '{found}' does not fit the type of its column"), Text("列是 {type}, 而 “{literal}” 不是", "the column is of type {type}, '{literal}' is not"), Text("改成 {type} 的值, 或改正类型行", "write a value of type {type}, or correct the Type row"), _TABLE),
    "E311": Message("error", Text("“{found}” 不在取值行里", "'{found}' is not in the Values row"), Text("取值行写的是: {allowed}", "the Values row says: {allowed}"), Text("改成其中之一{suggest}, 或把它加进取值行", "write one of them{suggest}, or add it to the Values row"), _TABLE),
    "E312": Message("error", Text("规则表 {table} 用到不认识的列 “{column}”", "table {table} uses the column '{column}', which is not known"), Text("工作簿, 事实和其他规则表里都没有它{suggest}", "no sheet, fact or other table has it{suggest}"), Text("改正列名, 或在客户表里加上这一列", "correct the name, or add the column to the customers sheet"), _TABLE),
    "E313": Message("error", Text("有两张规则表都叫 “{table}”", "two tables are called '{table}'"), Text("另一张在 {first}", "the other is at {first}"), Text("给其中一张改名或删去", "rename or remove one of them"), _TABLE),
    "E314": Message("error", Text("两张规则表都给出 “{column}”", "two tables give '{column}'"), Text("{first} 和 {second} 都有这个结果列", "{first} and {second} both have this output"), Text("给其中一列改名", "rename one of the columns"), _TABLE),
    "E315": Message("error", Text("列 “{column}” 的类型 “{found}” 不认识", "the type '{found}' of column '{column}' is not known"), Text("类型可以是 文本 整数 数字 金额 百分比 日期 日期时间 时间 时长 是否, 或词表里的名称", "types are text, whole number, number, money, percent, date, date and time, time, duration, yes/no, or a name of the Glossary"), Text("改正类型行", "correct the Type row"), _TABLE),
    "E316": Message("error", Text("参数 “{name}” 的值用不了", "the value of parameter '{name}' cannot be used"), Text("{why}", "{why}"), Text("{fix}", "{fix}"), Text("用到它的规则不能运行; 未写出任何文件", "rules that use it cannot run; nothing was written")),
    "E317": Message("error", Text("没有叫 “{table}” 的规则表", "there is no table called '{table}'"), Text("这里有: {tables}", "there are: {tables}"), Text("改正表名", "correct the name"), Text("未判定", "nothing was decided")),
    "E318": Message("error", Text("规则单元格里是错误值或没有缓存值的公式", "the rule cell holds an error or a formula without a value"), Text("找到 {found}", "found {found}"), Text("直接写出值, 或在 Excel 中打开并保存一次", "write the value itself, or open and save the workbook in Excel once"), _TABLE),
    "E319": Message("error", Text("“{found}” 用不了: {column} 是一组结果", "'{found}' cannot be used: {column} is a list of results"), Text("R O C 策略的表给出多个值", "tables with policy R, O or C give several values"), Text("改用 C# 计数 或 F 首个", "use C# or F instead"), _TABLE),
    "E320": Message("error", Text("规则单元格 “{found}” 算不出来", "the rule cell '{found}' cannot be worked out"), Text("{why}", "{why}"), Text("改正类型或函数; 可用: contains starts with ends with matches string length abs floor ceiling round min max", "correct the types or the function; there are: contains, starts with, ends with, matches, string length, abs, floor, ceiling, round, min, max"), _TABLE),
    "W321": Message("notice", Text("规则表 {table} 用的是 {winner} 里的", "table {table} is taken from {winner}"), Text("{loser} 里也有同名的表", "{loser} has a table of that name too"), Text("不想替换时, 给表改名", "rename it if it should not replace the other"), Text("判定以 {winner} 为准", "decisions follow {winner}")),
    "W322": Message("notice", Text("规则表 {table} 在 {as_of} 不生效", "table {table} is not in force on {as_of}"), Text("生效期为 {period}", "it is in force {period}"), Text("要用它时改生效和失效日期", "change its From and To dates to use it"), Text("这张表未参加判定", "the table took no part")),
    "E323": Message("error", Text("规则单元格 “{found}” 里的 “{word}” 是单位", "'{word}' in the rule cell '{found}' is a unit"), Text("条件里只写数, 单位写在类型行, 如 整数(天)", "a condition holds numbers only; the unit belongs in the Type row, such as whole number(days)"), Text("写成 {fixed}", "write {fixed}"), _TABLE),
    "E324": Message("error", Text("规则表 {table} 的条件列 “{column}” 有两种类型", "table {table} has the condition column '{column}' with two types"), Text("两列读同一列, 类型行却不同", "two columns read the same one, but the Type row differs"), Text("改正其中一个列名, 或写一样的类型", "correct the name of one, or give both the same type"), _TABLE),
    "W323": Message("warning", Text("没有规则表给出 “{found}”", "no table gives '{found}'"), Text("{fact} 要用到它{suggest}", "{fact} waits for it{suggest}"), Text("把结果列的名称改回 {column}, 或停用这个插件", "call the result {column} again, or leave the plugin out"), Text("{fact} 缺这一项, 有的行会空着或不出现", "{fact} goes without it: rows are blank or missing")),
    "E330": Message("error", Text("规则表 {table} 不能分部分判定", "table {table} cannot be decided in parts"), Text("“{column}” 需要全部客户, 而它的插件没有说怎样分步计算", "“{column}” needs every customer, and its plugin does not say how to work it out in steps"), Text("在一台机器上运行; 或由插件给事实加上 scope=\"customer\" 或 across=", "run it on one machine, or let the plugin give the fact scope=\"customer\" or across="), Text("这张表和用到它的表未判定", "this table, and those that read it, were not decided")),
    "E331": Message("error", Text("规则表 {table} 不能分部分判定", "table {table} cannot be decided in parts"), Text("{sheet} 表的行不属于某个客户", "the rows of {sheet} name no customer"), Text("在一台机器上运行", "run it on one machine"), Text("这张表和用到它的表未判定", "this table, and those that read it, were not decided")),
    "E332": Message("error", Text("规则表 {table} 不能写成 SQL", "table {table} cannot be written as SQL"), Text("{why}", "{why}"), Text("用 kamrules apply 判定它, 或改写这条规则", "decide it with kamrules apply, or write the rule otherwise"), Text("SQL 里没有这张表", "the SQL is without this table")),
    "E340": Message("error", Text("关联规则 {table} 的单元格 “{found}” 用不了", "the cell '{found}' of case rules {table} cannot be used"), Text("{why}", "{why}"), Text("{fix}", "{fix}"), _TABLE),
    # E4xx decisions and rule quality
    "E401": Message("error", Text("{key}: 规则表 {table} 有 {count} 条规则同时命中: {rules}", "{key}: {count} rules of table {table} hit: {rules}"), Text("命中策略 U 只允许一条", "hit policy U allows only one"), Text("改正 {cells}, 使条件不重叠", "correct {cells} so that they do not overlap"), _DECIDE),
    "E402": Message("error", Text("{key}: 规则表 {table} 的规则 {rules} 给出不同结果", "{key}: rules {rules} of table {table} give different results"), Text("命中策略 A 要求结果一致", "hit policy A wants the same result from all"), Text("改正 {cells}, 使结果相同或条件不重叠", "correct {cells}: same results, or no overlap"), _DECIDE),
    "W403": Message("warning", Text("{count} 户在 {table} 中缺数据: {columns}", "{table} lacks data for {count} customers: {columns}"), Text("空白或读不懂的值既不算满足也不算不满足", "a blank or unreadable value neither meets nor fails a condition"), Text("补上 {columns}, 或在规则里用 空 说明空白时怎么办", "fill in {columns}, or say in the rules what 空/null means"), Text("这些客户在 {table} 中未判定: {keys}", "{table} does not decide these customers: {keys}")),
    "W404": Message("warning", Text("{count} 户在 {table} 中没有规则命中", "no rule of {table} hits for {count} customers"), Text("规则没有覆盖这些情况", "the rules do not cover their case"), Text("补一条规则, 或加 默认 行", "add a rule, or a Default row"), Text("这些客户没有结果: {keys}", "these customers have no result: {keys}")),
    "W405": Message("notice", Text("没有 {sheet} 表, {facts} 无法计算", "there is no {sheet} sheet, so {facts} cannot be worked out"), Text("工作簿里找不到这张表", "the workbook has no such sheet"), Text("加上 {sheet} 表", "add the {sheet} sheet"), Text("用到它们的规则缺数据", "rules that need them lack data")),
    "W406": Message("warning", Text("{count} 行 {sheet} 读不懂, 期内合计少计了它们", "{count} rows of {sheet} cannot be read, so totals leave them out"), Text("它们的 {columns} 有问题, 见上", "their {columns} has a problem, see above"), Text("改正这些单元格后再运行一次", "correct these cells and run again"), Text("这些客户未判定; 其他客户的占比略偏高", "their customers are not decided; the shares of the others are slightly too high")),
    "W410": Message("notice", Text("规则表 {table} 只检查了一部分: {part}", "table {table} was checked in part only: {part}"), Text("规则太多太密, 超出了检查的限额", "its rules are too many and too dense for the budget of a check"), Text("把表拆小, 或用取值行限定各列的取值", "split the table, or limit its columns with a Values row"), Text("可能还有没列出的问题", "there may be more than is listed")),
    "W411": Message("warning", Text("规则表 {table} 有空档: {row}", "table {table} has a gap: {row}"), Text("这些取值没有规则命中", "no rule hits these values"), Text("补一行: {cells}; 或加 默认 行", "add a row: {cells}; or a Default row"), Text("{effect}", "{effect}")),
    "W412": Message("notice", Text("规则表 {table} 的 {rule} 与 {others} 重叠: {row}", "table {table}: {rule} overlaps {others}: {row}"), Text("这些取值会同时命中几条规则", "several rules hit these values"), Text("{fix}", "{fix}"), Text("{effect}", "{effect}")),
    "E413": Message("error", Text("规则表 {table} 的 {rule} 与 {others} 冲突: {row}", "table {table}: {rule} conflicts with {others}: {row}"), Text("{why}", "{why}"), Text("{fix}", "{fix}"), Text("{effect}", "{effect}")),
    "W414": Message("warning", Text("规则表 {table} 的 {rule} 被 {others} 挡住, 永远轮不到", "table {table}: {rule} is hidden by {others} and never counts"), Text("{others} 的条件包括了它的全部情况, 并且排在前面", "the conditions of {others} take in all of its cases and come first"), Text("把 {rule} 移到前面, 改它的条件, 或删去", "move {rule} up, change its conditions, or delete it"), Text("{rule} 的结果永远不会出现", "the result of {rule} is never given")),
    "W415": Message("warning", Text("规则表 {table} 的 {rule} 永远不会命中", "table {table}: {rule} can never hit"), Text("没有一个允许的取值满足 {cells}", "no value that is allowed meets {cells}"), Text("改正条件, 或改取值行", "correct the condition, or the Values row"), Text("{rule} 的结果永远不会出现", "the result of {rule} is never given")),
    "W416": Message("warning", Text("规则表 {table} 的 {rule} 与 {others} 重复", "table {table}: {rule} repeats {others}"), Text("条件和结果都相同", "conditions and results are the same"), Text("删去其中一行", "delete one of the rows"), Text("{effect}", "{effect}")),
    "W417": Message("notice", Text("规则表 {table}: 命中策略可以改为 {better}", "table {table}: its hit policy could be {better}"), Text("{why}", "{why}"), Text("在命中策略里写 {better}", "write {better} as its hit policy"), Text("判定不变", "decisions stay the same")),
    "W418": Message("warning", Text("“{found}” 不在 {column} 的取值里", "'{found}' is not among the values of {column}"), Text("{column} 只能是 {allowed}", "{column} can only be {allowed}"), Text("改成其中之一{suggest}, 或补到取值里", "write one of them{suggest}, or add it to the values"), Text("这个条件不会命中", "this condition never hits")),
    "W419": Message("notice", Text("规则表 {table} 没有用到条件列 “{column}”", "table {table} does not use its condition column '{column}'"), Text("这一列的单元格都是 -", "all its cells are -"), Text("删去这一列, 或写上条件", "delete the column, or write conditions"), Text("判定不变", "decisions stay the same")),
    "W420": Message("warning", Text("规则表 {table} 的条件列 “{column}” 不认识", "table {table}: its condition column '{column}' is not known"), Text("已知的工作表, 事实, 词表和其他规则表里都没有它{suggest}", "no known sheet, fact, glossary or other table has it{suggest}"), Text("改正列名, 或写进词表; 客户表里自己的列不用改", "correct the name or add it to the Glossary; a column of your own book is fine"), Text("用到它的客户工作簿要有这一列", "a customer workbook must have this column")),
    "E421": Message("error", Text("{column} 期望 {expected}, 得到 {got} (规则 {rule})", "{column}: expected {expected}, got {got} (rule {rule})"), Text("用例 “{name}” 在规则表 {table} 中得到的结果不同", "table {table} gives something else for the case '{name}'"), Text("改正规则; 规则没错就改期望值", "correct the rule, or what is expected if the rule is right"), Text("这条测试没有通过", "this test fails")),
    "E422": Message("error", Text("测试用例 “{name}” 不能运行", "the test case '{name}' cannot be run"), Text("{why}", "{why}"), Text("{fix}{suggest}", "{fix}{suggest}"), Text("这条测试没有通过", "this test fails")),
    "E423": Message("error", Text("期望规则 {expected}, 得到 {got}", "expected rule {expected}, got {got}"), Text("用例 “{name}” 在规则表 {table} 中命中的规则不同", "another rule of table {table} decides the case '{name}'"), Text("改正规则; 规则没错就改期望规则", "correct the rule, or what is expected if the rule is right"), Text("这条测试没有通过", "this test fails")),
    "W430": Message("warning", Text("“{found}” 可能是 Excel 改成日期的", "'{found}' may be what Excel made of something else"), Text("输入 1-5 这样的文字, Excel 会变成日期", "Excel turns a text such as 1-5 into a date"), Text("若本意是 1 到 5, 写 [1..5]; 先把单元格格式设为文本", "if 1 to 5 was meant, write [1..5]; format the cell as text first"), Text("按日期的文字比较", "it is compared as the text of a date")),
    "W431": Message("warning", Text("“{found}” 前面的 0 可能被 Excel 去掉了", "Excel may have removed zeros before '{found}'"), Text("同一列的其他值是 {others}", "other values of the column are {others}"), Text("把单元格格式设为文本, 再输入 {fixed}", "format the cell as text and type {fixed}"), Text("{found} 和 {fixed} 是两个值", "{found} and {fixed} are two values")),
    "W432": Message("warning", Text("“{found}” 超过 15 位, Excel 已丢掉后面的数字", "'{found}' has more than 15 digits; Excel has lost the rest"), Text("Excel 的数字只有 15 位", "a number has 15 digits in Excel"), Text("把单元格格式设为文本, 再输入一次", "format the cell as text and type it again"), Text("它和原来的编号不同", "it is not the number it was")),
    "W433": Message("warning", Text("百分比列 {column} 里的 “{found}” 是 {percent}", "'{found}' in the percent column {column} is {percent}"), Text("百分比列里 5 就是 500%", "in a percent column 5 means 500%"), Text("若本意是 {fixed}, 写 {fixed}", "if {fixed} was meant, write {fixed}"), Text("按 {percent} 判定", "it counts as {percent}")),
    "W434": Message("warning", Text("“{found}” 是 {low} 或 {high}, 不是 {low} 到 {high}", "'{found}' means {low} or {high}, not {low} to {high}"), Text("逗号表示 “或”", "a comma means 'or'"), Text("要区间就写 [{low}..{high}]; 要两个值就写 {low}, {high}", "for a range write [{low}..{high}], for two values {low}, {high}"), Text("{low} 和 {high} 之间的值不算满足", "values between {low} and {high} do not meet it")),
    "W435": Message("warning", Text("{column} {found} 与客户表的 {near} 只差前面的 0", "{column} {found} differs from {near} in the customers sheet by zeros in front only"), Text("Excel 把 001 变成 1", "Excel turns 001 into 1"), Text("两处都写成 {fixed}; 先把列的格式设为文本", "write {fixed} in both; format the columns as text first"), Text("这一行不属于任何客户", "the row belongs to no customer")),
    "W436": Message("notice", Text("{column} 有 {count} 个数字存成了文本", "numbers stored as text in {column}: {count}"), Text("kamrules 照样读作数字, 但 Excel 求和时不计入", "kamrules reads them as numbers, but Excel leaves them out of its sums"), Text("选中它们, 点感叹号, 转换为数字; 带单位的改成纯数字", "select them, click the exclamation mark, Convert to Number; type those with a unit as plain numbers"), Text("判定不变; Excel 里的合计偏小", "decisions stay the same; sums in Excel are too small")),
    "W440": Message("warning", Text("规则表 {table} 的 {rule} 没有写{column}", "table {table}: {rule} has no {column}"), Text("同一张表的其他规则写了", "other rules of the table have it"), Text("补上{column}", "fill in the {column}"), Text("说不清这条规则从何而来", "nobody can say where the rule comes from")),
    "W441": Message("warning", Text("规则表 {table} 的生效期有问题: {period}", "table {table} is in force {period}"), Text("{why}", "{why}"), Text("改正生效和失效日期", "correct its From and To dates"), Text("{effect}", "{effect}")),
    "W442": Message("notice", Text("规则表 {table} 还没有批准", "table {table} is not approved yet"), Text("批准一栏是 “{found}”", "Approved says '{found}'"), Text("批准后写上批准人", "write who approved it"), Text("判定不变", "decisions stay the same")),
    "W443": Message("notice", Text("规则表 {table} 没有写{column}", "table {table} does not say its {column}"), Text("表头上没有这一行", "its property rows lack it"), Text("在表名下面加一行: {column}", "add a row below the name: {column}"), Text("判定不变", "decisions stay the same")),
    # E5xx plugins
    # E7xx working time, visits and complaints
    "W701": Message("warning", Text("{year} 年的放假安排不全", "the days off of {year} are not complete"), Text("当年的调休还没有公布到本程序所用的数据里", "make-up days of that year were not announced in the data this program uses"), Text("公布后把放假和上班(调休)的日期写进 节假日 表", "once announced, write days off and make-up days into the Holidays sheet"), Text("{year} 年的期限只按周末和法定日计算", "deadlines in {year} count weekends and statutory days only")),
    "W702": Message("warning", Text("看不懂工作时间 “{found}”", "the working hours '{found}' are not clear"), Text("要写成几段起止时刻, 或 7x24", "they are spans from a time to a time, or 7x24"), Text("写成如 09:00-12:00, 13:00-18:00", "write e.g. 09:00-12:00, 13:00-18:00"), Text("按标准工作时间 {used} 计算", "the standard hours {used} count")),
    "W703": Message("warning", Text("{keys} 的上级连成了环", "the managers of {keys} form a circle"), Text("沿 直接上级 往上走会回到本人", "going up by Manager leads back to the same person"), Text("改正 人员 表里的 直接上级", "correct Manager in the Staff sheet"), Text("升级通知只通知到环的起点为止", "notices go up only as far as the circle begins")),
    "W704": Message("warning", Text("{column} 里有 {count} 个日期晚于基准日 {as_of}", "{count} dates of {column} lie after the as-of date {as_of}"), Text("第一个是 {found}", "the first is {found}"), Text("改正日期; 若确是以后的事, 用更晚的 --as-of", "correct the date; if it is right, use a later --as-of"), Text("这些行不计入判定", "these rows do not count")),
    "W705": Message("warning", Text("{count} 行的 {column} 不在人员表里: {found}", "{count} rows have a {column} who is not in the Staff sheet: {found}"), Text("人员 表里没有这个姓名或工号", "the Staff sheet has no such name or number"), Text("补上人员, 或改正姓名", "add the person, or correct the name"), Text("照常判定, 但不知道其上级", "the rows are decided, but the manager is not known")),
    "W711": Message("warning", Text("{count} 个投诉的 {column} 早于受理时间", "{count} complaints have {column} before they were received"), Text("例如 {found}", "such as {found}"), Text("改正其中一个时间", "correct one of the times"), Text("这个时间当作没有填", "that time counts as not given")),
    "W712": Message("warning", Text("{count} 个投诉的暂停时长是负数", "{count} complaints have a negative pause"), Text("例如 {found}", "such as {found}"), Text("改成正数或清空", "make it positive, or clear it"), Text("当作没有暂停", "no pause counts")),
    "W713": Message("warning", Text("{count} 行投诉事件不完整或找不到投诉", "{count} complaint events are incomplete or name no complaint"), Text("要有投诉编号, 时间和状态, 编号在投诉表里; 例如 {found}", "they need a complaint of the Complaints sheet, a time and a state; such as {found}"), Text("补全这些行", "complete these rows"), Text("这些行不计入时钟", "these rows do not count on the clock")),
    "W714": Message("warning", Text("{count} 个投诉等客户, 但不知道从何时起", "{count} complaints wait for the customer, since when is not known"), Text("投诉事件表里没有 等客户 的时间: {found}", "the Complaint Events sheet has no time for it: {found}"), Text("在 投诉事件 表里加一行: 投诉编号, 时间, 等客户", "add a row to Complaint Events: complaint, time, waiting"), Text("时钟照走, 没有暂停", "the clock goes on")),
    "W715": Message("warning", Text("看不懂时限 “{found}”", "the time limit '{found}' is not clear"), Text("要写数和单位: 小时, 工时, 工作日, 天", "it is a number and a unit: hours, working hours, working days, days"), Text("在 投诉时限 表里写成如 4小时, 8工时, 3工作日", "write e.g. 4 hours, 8 working hours, 3 working days in the time limits table"), Text("{count} 个投诉没有这个期限", "{count} complaints have no such deadline")),
    "W716": Message("warning", Text("客户 {key} 有 {count} 个投诉", "customer {key} has {count} complaints"), Text("超过 {most} 个不再两两比较", "above {most} they are not compared with each other"), Text("核对编号是否填错; 没错就按客户的下属单位分开", "check whether the key is right; if so, split the customer by unit"), Text("期限和升级照常; 看另一投诉的规则不用于这个客户", "deadlines and levels go on; rules about another complaint are not used for this customer")),
    "W717": Message("warning", Text("{count} 次升级没有找到 {role}", "nobody was found as {role} for {count} notices"), Text("沿 人员 表的 直接上级 找不到在职的人: {found}", "going up by Manager in the Staff sheet leads to nobody in office: {found}"), Text("补全 人员 表的 岗位, 直接上级 和 在职", "complete Role, Manager and Active in the Staff sheet"), Text("通知写给岗位, 没有姓名", "the notice names the role without a person")),
    "W731": Message("warning", Text("{count} 个得分超出 0 到 {most}", "{count} scores are outside 0 to {most}"), Text("例如 {found}; 满分见参数 满意度满分", "such as {found}; the parameter Highest Score says the most"), Text("改正得分, 或改参数 满意度满分", "correct the scores, or the parameter Highest Score"), Text("这些得分不计入满意度", "these scores do not count")),
    "W720": Message("notice", Text("{count} 个客户的关联规则改由内置引擎判定", "case rules of {count} customers were decided by the built-in matcher"), Text("durable-rules: {found}", "durable-rules: {found}"), Text("结果不受影响, 不用处理", "results are the same; nothing to do"), Text("两种引擎的结果相同", "both engines give the same results")),
    "E721": Message("error", Text("两种引擎的关联规则结果不同: 客户 {found}", "the two engines disagree about case rules: customer {found}"), Text("durable-rules: {durable}; 内置引擎: {builtin}", "durable-rules: {durable}; the built-in matcher: {builtin}"), Text("把这个工作簿报告给 kamrules 的维护者; 用 --case-engine builtin 继续", "report this workbook to the maintainers of kamrules; go on with --case-engine builtin"), Text("采用内置引擎的结果", "the results of the built-in matcher are used")),
    "W722": Message("warning", Text("没有安装 durable-rules", "durable-rules is not installed"), Text("--case-engine {found} 需要它", "--case-engine {found} needs it"), Text("pip install 'kamrules[durable]', 或用 --case-engine builtin", "pip install 'kamrules[durable]', or use --case-engine builtin"), Text("由内置引擎判定, 结果相同", "the built-in matcher decided; results are the same")),
}


# Why and fix of the codes that have several.
REASONS: Mapping[str, tuple[Text, Text]] = {
    "no name": (Text("表名是空的", "it has no name"), Text("在 决策表 右边写表名", "write a name right of Decision")),
    "no rule row": (Text("缺少 “规则” 行", "the Rule row is missing"), Text("在表名下面加一行: 规则 Rule | 条件 IN | 结果 OUT", "add a row below the name: Rule | IN | OUT")),
    "no output": (Text("没有标为 “结果 OUT” 的列", "no column is marked OUT"), Text("在 “规则” 行给结果列写上 结果 OUT", "write OUT above the result column in the Rule row")),
    "no column row": (Text("“规则” 行下面应是 “列” 行", "the Column row must follow the Rule row"), Text("加一行: 列 Column | 各列的名称", "add a row: Column | the name of each column")),
    "no label": (Text("这一列没有名称", "this column has no name"), Text("写上列名", "write the column's name")),
    "no rules": (Text("没有规则行", "it has no rule rows"), Text("在列名下面写规则", "write rules below the column names")),
    "crosstab": (Text("交叉表要有 行, 列, 结果 三行, 下面是条件和结果", "a crosstab needs the rows Rows, Columns and OUT, then conditions and results"), Text("照 docs/rules.zh.md 的例子写", "write it like the example in docs/rules.md")),
    "constants only": (Text("多条命中的表只能给出常量", "a table that collects gives constants only"), Text("写常量, 或改用 U F P A 策略", "write constants, or use policy U, F, P or A")),
    "numbers only": (Text("求和, 最小, 最大只能用于数", "sums, least and greatest are of numbers"), Text("写数, 或改用策略 C", "write numbers, or use policy C")),
    "no number": (Text("这个参数是一个数", "this parameter is a number"), Text("写一个数, 或删去这一行用默认值", "write a number, or remove the row for its default")),
    "no value": (Text("单元格里是错误值或没有缓存值的公式", "the cell holds an error or a formula without a value"), Text("直接写出值", "write the value itself")),
    "case unused column": (Text("规则表不用这一列", "the table does not use this column"), Text("清空单元格, 或改正表头", "clear the cell, or correct its header")),
    "case no such result": (Text("规则表没有这个结果", "the table has no such result"), Text("清空单元格, 或改正表头", "clear the cell, or correct its header")),
    "case no constant": (Text("用例里只能写常量", "a case holds constants only"), Text("写一个值", "write a value")),
    "case expects nothing": (Text("没有写期望的结果或规则", "it expects no result and no rule"), Text("在 “期望 ...” 或 “期望规则” 列写上期望的值", "write what is expected in a column 'Expected ...' or 'Expected rule'")),
    "dates order": (Text("失效早于生效", "To is before From"), Text("改正日期", "correct the dates")),
    "dates unread": (Text("日期读不懂", "a date cannot be read"), Text("写成 2024-01-31", "write 2024-01-31")),
    "dates past": (Text("{as_of} 时已经失效", "it has ended by {as_of}"), Text("改失效日期, 或删去这张表", "change To, or delete the table")),
    "case rule cell": (Text("关联规则的条件只能是常量, 列表, 区间, 非(...), 相同, 不同", "a condition of case rules is a constant, a list, a range, not(...), same or different"), Text("写成其中之一; 要算的值先做成决策表的结果列", "write one of these; let a decision table work out what must be worked out")),
    "case rule event": (Text("每条关联规则要有事件", "every case rule needs an event"), Text("在 事件 列写 受理, 重开, 解决 75%, 到达 L2 等", "write received, reopened, resolution 75%, reached L2 and the like in the Event column")),
    "case rule level": (Text("它不是结果列取值行里的级别", "it is not a level of the Values row of the result"), Text("写取值行里的级别, 如 L0,L1,L2", "write a level of the Values row, such as L0,L1,L2")),
    "period kind": (Text("期间只有三种写法", "there are three kinds of period"), Text("写 滚动12月, 上一年度 或 自定义", "write rolling 12 months, last year or custom")),
    "period ends": (Text("自定义期间要有 期间开始 和 期间结束 两个日期", "a custom period needs the dates period start and period end"), Text("例如 期间开始 2024-01-01, 期间结束 2024-12-31", "e.g. period start 2024-01-01, period end 2024-12-31")),
}
# fmt: on


# fmt: off
# Words on our sheets and reports. A sentence of the summary starts with "says_".
LABELS: Mapping[str, Text] = {
    # why a row has the result it has
    "why_clash": Text("规则 {ids} 同时命中, 见 问题 表", "rules {ids} hit together, see Problems"),
    "why_missing": Text("缺数据: {columns}", "no data: {columns}"),
    "why_no_rule": Text("没有规则命中", "no rule hits"),
    "why_default": Text("没有规则命中, 用默认行", "no rule hits, the default row counts"),
    "why_hits": Text("命中 {ids}", "hits {ids}"),
    "why_always": Text("无条件", "no condition"),
    "why_repeated": Text("编号重复, 只判定第一行", "repeated key, only the first row is decided"),
    "why_no_key": Text("没有编号, 不判定", "no key, not decided"),
    # explain
    "explain_outcome": Text("等级 {tier}   上期 {previous}   规则 {rule}   基准日 {date}", "tier {tier}   previous {previous}   rule {rule}   as of {date}"),
    "explain_undecided": Text("(未判定)", "(undecided)"),
    "explain_because": Text("因为: {why}", "because: {why}"),
    "explain_nearest": Text("差一点", "Nearest better"),
    "explain_best": Text("已是最高等级.", "This is the best tier."),
    "explain_none": Text("改动任何一项都得不到更好的等级.", "No single change gives a better tier."),
    "explain_points": Text("{name}再高 {more} 个百分点 ({now} → {then}), 即期内销售额 +{extra}, 即为 {tier} ({rule}); 合计也随之增加", "{name} up {more} points ({now} → {then}), that is sales of +{extra} in the period: {tier} ({rule}); totals grow with it"),
    "explain_sales": Text("期内销售额 +{extra}, 则 {name} {now} → {then}, 即为 {tier} ({rule}); 合计也随之增加", "sales of +{extra} in the period, so {name} {now} → {then}: {tier} ({rule}); totals grow with it"),
    "explain_cell": Text("{name} {now} → {then} ({where}), 即为 {tier} ({rule})", "{name} {now} → {then} ({where}): {tier} ({rule})"),
    "explain_fact": Text("{name} {now} → {then}, 即为 {tier} ({rule})", "{name} {now} → {then}: {tier} ({rule})"),
    "explain_no_column": Text("{sheet} 表要加这一列", "add the column to {sheet}"),
    "explain_marks": Text("√ 满足   × 不满足   ? 未知 (缺数据)   · 未再比较", "√ met   × not met   ? unknown (no data)   · not reached"),
    "explain_not_reached": Text("· 未再比较", "· not reached"),
    "explain_hit": Text("命中", "hit"),
    "explain_unreadable": Text("(读不懂)", "(unreadable)"),
    "explain_others": Text("其他规则表的结果 (--all 或 --table 名称 看细节)", "Results of other tables (--all or --table NAME for more)"),
    "explain_nothing": Text("没有结果: {why}", "no result: {why}"),
    "result": Text("结果", "Result"),
    "conditions": Text("条件", "Conditions"),
    "example": Text("例子", "Example"),
    # diff
    "diff_heading": Text("{old}  →  {new}", "{old}  →  {new}"),
    "diff_rules": Text("规则变化: {count} 处", "Rule changes: {count}"),
    "diff_no_rules": Text("规则没有变化.", "The rules are the same."),
    "diff_moves": Text("等级变化: {count} / {total} 户 (升 {up}, 降 {down})", "Tier changes: {count} of {total} customers ({up} up, {down} down)"),
    "diff_no_moves": Text("没有客户变级.", "No customer changes tier."),
    "diff_more": Text("... 另有 {count} 户, 用 --all 全部列出", "... {count} more; --all lists them"),
    "diff_other_rule": Text("另有 {count} 户等级不变, 命中的规则变了.", "{count} more keep their tier by another rule."),
    "diff_money": Text("变级客户的销售额: 升 {up}, 降 {down}", "Sales of those who move: up {up}, down {down}"),
    "diff_totals": Text("各等级", "By tier"),
    "diff_results": Text("其他结果变化: {count} 处", "Other results that differ: {count}"),
    "diff_tests": Text("测试变化: {count} 个", "Tests that change: {count}"),
    "diff_cases": Text("测试变化", "Tests"),
    "diff_case": Text("用例", "Case"),
    "diff_case_passes": Text("现在通过", "passes now"),
    "diff_case_fails": Text("现在不通过", "fails now"),
    "diff_old": Text("旧", "Old"),
    "diff_new": Text("新", "New"),
    "diff_table": Text("规则表", "Table"),
    "diff_column": Text("列", "Column"),
    "diff_other": Text("其他结果", "Other results"),
    "diff_packaged": Text("自带规则", "packaged rules"),
    "sales_change": Text("销售额变化", "Sales change"),
    "count_change": Text("户数变化", "Change"),
    "kind": Text("变化", "Change"),
    "cell": Text("单元格", "cell"),
    "rule added": Text("新规则", "new rule"),
    "rule removed": Text("删去的规则", "rule removed"),
    "order": Text("规则次序", "order of rules"),
    "policy": Text("命中策略", "hit policy"),
    "table added": Text("新规则表", "new table"),
    "table removed": Text("删去的规则表", "table removed"),
    "column added": Text("新列", "new column"),
    "column removed": Text("删去的列", "column removed"),
    "parameter": Text("参数", "parameter"),
    "values": Text("取值", "values"),
    "up": Text("升", "up"),
    "down": Text("降", "down"),
    "came": Text("新客户", "new customer"),
    "gone": Text("不再有", "gone"),
    "other": Text("变", "other"),
    "direction": Text("方向", "Direction"),
    "sheet": Text("表", "Sheet"),
    # calibrate
    "calibrate_near": Text("{count} 户离门槛 {column} {value} 不到 {band}: {keys}", "Within {band} of the cut {column} {value}: {count} ({keys})"),
    "calibrate_official": Text("正式方案", "official"),
    "calibrate_cell": Text("每格: 户数/销售占比; 较上期: +升 -降", "cells: customers/sales; last: +up -down"),
    "calibrate_cell_profit": Text("每格: 户数/销售占比/利润占比; 较上期: +升 -降", "cells: customers/sales/profit; last: +up -down"),
    "calibrate_cell_count": Text("每格: 户数", "cells: customers"),
    "calibrate_cut": Text("门槛 {column} {value} ({rules})", "Cut {column} {value} ({rules})"),
    "calibrate_nobody": Text("缺数据, 没有客户可判定.", "No data: nobody is decided."),
    "calibrate_value": Text("门槛", "Cut"),
    "calibrate_moved": Text("变级", "Moved"),
    "calibrate_last": Text("较上期", "Last"),
    "calibrate_no_scheme": Text("没有带数字门槛的分级方案.", "There is no tier scheme with a cut in numbers."),
    "calibrate_warnings": Text("注意", "Warnings"),
    "calibrate_quoted": Text("通常的说法, 与本工作簿", "What is commonly said, and this book"),
    # where a value came from
    "from_table": Text("规则表 {table} 的 {rule}", "{rule} of table {table}"),
    "from_parameter": Text("参数", "parameter"),
    "from_nowhere": Text("{sheet} 表里没有这一列", "the {sheet} sheet has no such column"),
    "from_rows": Text("{sheet} 表中该客户的 {count} 行", "rows of the customer in {sheet}: {count}"),
    "from_rows_inside": Text("{sheet} 表中该客户期内 {count} 行, 共 {total} 行", "rows of the customer in {sheet}: {count} in the period, {total} in all"),
    "title": Text("大客户分级结果", "Key-account results"),
    "as_of": Text("基准日 {date}", "as of {date}"),
    "period": Text("期间 {period}", "period {period}"),
    "scheme": Text("方案 {scheme}", "scheme {scheme}"),
    "rule_sets": Text("规则集 {names}", "rule sets {names}"),
    "run": Text("运行 {run}", "run {run}"),
    "sheet_summary": Text("汇总", "Summary"),
    "sheet_problems": Text("问题", "Problems"),
    "sheet_rules": Text("规则", "Rules"),
    "sheet_history": Text("历史", "History"),
    # columns and tiles
    "customer": Text("客户", "Customer"),
    "customer_id": Text("客户编号", "Customer ID"),
    "customers": Text("客户数", "Customers"),
    "first_hit": Text("转到命中的第一行", "go to the first row it hit"),
    "customer_share": Text("客户占比", "Of customers"),
    "sales": Text("销售额", "Sales"),
    "sales_share": Text("销售占比", "Of sales"),
    "cumulative": Text("累计占比", "Cumulative share"),
    "rank": Text("排名", "Rank"),
    "tier": Text("等级", "Tier"),
    "share": Text("占比", "Share"),
    "change": Text("变化", "Change"),
    "rule": Text("规则", "Rule"),
    "why": Text("判定依据", "Why"),
    "previous": Text("上期", "Previous"),
    "now": Text("本期", "Now"),
    "history_period": Text("期次", "Period"),
    "outcome": Text("评审结论", "Review Outcome"),
    "decided": Text("已判定", "Decided"),
    "changed": Text("等级变化", "Changed"),
    "undecided": Text("未判定", "Undecided"),
    "problems": Text("问题", "Problems"),
    "new": Text("新增", "New"),
    "none": Text("无", "none"),
    # problems
    "number": Text("#", "#"),
    "severity": Text("级别", "Level"),
    "code": Text("代码", "Code"),
    "place": Text("位置", "Cell"),
    "problem": Text("问题", "Problem"),
    "found": Text("当前值", "Found"),
    "reason": Text("原因", "Reason"),
    "fix": Text("怎么改", "Fix"),
    "effect": Text("影响", "Effect"),
    "status": Text("处理", "Status"),
    "empty": Text("(空)", "(blank)"),
    "error": Text("错误", "Error"),
    "warning": Text("警告", "Warning"),
    "notice": Text("提示", "Notice"),
    "status_open": Text("待改", "To fix"),
    "status_done": Text("已改", "Fixed"),
    "status_ignored": Text("忽略", "Ignore"),
    "jump": Text("跳到这个单元格", "Go to this cell"),
    "problems_hint": Text("点 “位置” 直达单元格; 改好后保存, 再运行一次 kamrules apply. “处理” 里的选择下次运行时保留.", "Click a cell address to go there; correct it, save, and run kamrules apply again. What you choose under Status is kept by the next run."),
    "no_problems": Text("没有问题.", "Nothing to fix."),
    # rules
    "hits": Text("命中", "Hits"),
    "default": Text("默认", "Default"),
    "hit_policy": Text("命中策略 {policy}", "hit policy {policy}"),
    "table_owner": Text("负责人", "owner"),
    "table_approved": Text("批准", "approved"),
    "table_version": Text("版本", "version"),
    "table_from": Text("生效", "from"),
    "table_to": Text("失效", "to"),
    "on_trial": Text("试运行", "on trial"),
    "idle": Text("没有数据, 未判定", "no data, nothing decided"),
    "rule_new": Text("新增", "new"),
    "rule_changed": Text("改动", "changed"),
    "rules_hint": Text("本次运行所用的规则, 原样抄录; 改规则请改规则工作簿.", "The rules of this run, as they were typed; change them in the rule workbook."),
    # summary and report
    "findings": Text("关键发现", "Findings"),
    "tiers": Text("各等级", "By tier"),
    "structure": Text("结构", "Structure"),
    "changes": Text("等级变化: 上期 → 本期", "Tier changes: previous → now"),
    "more_changes": Text("另有 {count} 户变化, 见客户表的 “变化” 列.", "{count} more changed; see the Change column of the customers sheet."),
    "pyramid": Text("客户金字塔", "Tier pyramid"),
    "pyramid_hint": Text("各等级客户数", "customers in each tier"),
    "pareto": Text("帕累托", "Pareto"),
    "pareto_hint": Text("客户销售额{unit}, 由高到低; 线为累计占比", "sales of each customer{unit}, largest first; the line is the cumulative share"),
    "pareto_mark": Text("前 {count} 户 = 80%", "top {count} = 80%"),
    "unit": Text(" ({unit})", " ({unit})"),
    "cells_to_fix": Text("要改的单元格", "Cells to fix"),
    "customer_list": Text("客户清单", "Customers"),
    "rules_executed": Text("规则 (按运行时)", "Rules as executed"),
    "search": Text("搜索客户, 规则, 依据", "search customers, rules, reasons"),
    "only_changed": Text("有变化", "changed"),
    "print": Text("打印 / 存为 PDF", "Print / save as PDF"),
    "listed": Text("共 {total} 户, 这里列出销售额前 {top} 户和变化或未判定的客户(至多 {most} 户), 计 {count} 户; 其余见工作簿.", "{total} customers; listed here are the {top} largest by sales and those that changed or are undecided (at most {most}), {count} in all; the workbook has the rest."),
    "offline": Text("本文件离线可用, 不访问网络.", "This file works offline and requests nothing."),
    # how sales and profit are spread
    "spread": Text("集中度: 通常的说法与本簿", "Concentration: what is said, and this book"),
    "spread_hint": Text("与通常的说法不同不是错误; 没有意义的比例不写数字", "to differ from what is said is no error; a part that means nothing has no figure"),
    "figure": Text("指标", "Figure"),
    "quoted": Text("通常的说法", "Quoted"),
    "own": Text("本簿", "This book"),
    "note": Text("说明", "Note"),
    "whale": Text("鲸鱼曲线", "Whale curve"),
    "whale_hint": Text("客户按利润由高到低, 累计利润{unit}", "cumulative profit{unit}, customers by falling profit"),
    "whale_mark": Text("最高点: {count} 户", "peak: {count} customers"),
    "borderline": Text("临界客户", "Borderline customers"),
    "borderline_hint": Text("离门槛不到一成, 分级时请人工看一眼", "within a tenth of a threshold: worth a second look"),
    "not_known": Text("不知道", "not known"),
    "not_meaningful": Text("无意义", "n/a"),
    "only_money": Text("无意义 (金额 {money})", "n/a (in money {money})"),
    "peak_at": Text("{peak}, 在前 {at} 客户处", "{peak}, at the first {at} of customers"),
    "note_loss": Text("全部利润 {total}, 不大于零: 占比没有意义, 只给金额.", "total profit is {total}, not above zero: parts of it mean nothing, so there is money instead."),
    "note_unknown": Text("{count} 户的利润不知道, 未计入.", "left out, because their profit is not known: {count}."),
    "note_decile": Text("最差一成客户的平均利润是 {worst}, 不大于零: 倍数没有意义.", "the worst tenth earns {worst} on average, not above zero: a ratio means nothing."),
    "bench_sales": Text("销售额最高的 20% 客户占销售额", "sales of the largest 20% of customers"),
    "bench_needed": Text("带来 80% 销售额的客户占比(有销售的)", "customers with sales that bring 80% of them"),
    "bench_largest": Text("最大客户占销售额", "sales of the largest customer"),
    "bench_repeat": Text("重复购买率(期内两单以上)", "customers with two orders or more"),
    "bench_no_profit": Text("利润", "profit"),
    "bench_profit": Text("利润最高的 20% 客户占利润", "profit of the best 20% of customers"),
    "bench_bank": Text("利润最高的 19% 客户占利润(银行研究)", "profit of the best 19% (bank study)"),
    "bench_first": Text("利润最高的 20% 客户占利润(Meridien)", "profit of the best 20% (Meridien)"),
    "bench_last": Text("利润最低的 30% 客户占利润(Meridien)", "profit of the last 30% (Meridien)"),
    "bench_nothing": Text("不创造利润的客户占比", "customers that earn nothing"),
    "bench_decile": Text("最好一成与最差一成客户的利润倍数(Reichheld)", "best tenth / worst tenth by profit (Reichheld)"),
    "bench_peak": Text("鲸鱼曲线最高点占全部利润", "peak of the whale curve, of total profit"),
    "bench_value": Text("客户资产(今后五年利润折现)", "customer equity: five years of profit, discounted"),
    # notes on cells
    "note_tier": Text("等级: {tier}  (上期 {previous})", "Tier: {tier}  (previous {previous})"),
    "note_rule": Text("命中规则: {rule}  《{table}》 {policy}", "Rule: {rule} of {table}, {policy}"),
    "note_why": Text("因为: {why}", "Because: {why}"),
    "note_explain": Text("复查: kamrules explain {book} {key}", "Check: kamrules explain {book} {key}"),
    "note_found": Text("当前: {found}", "Found: {found}"),
    "note_fix": Text("怎么改: {fix}", "Fix: {fix}"),
    "note_effect": Text("影响: {effect}", "Effect: {effect}"),
    # findings
    "says_top": Text("{count} 户{tier} ({customers}) 带来 {sales} 的销售额.", "{tier} customers: {count} ({customers}), bringing {sales} of sales."),
    "says_pareto": Text("前 {count} 户 (有销售客户的 {customers}) 带来 80% 的销售额.", "80% of sales come from the largest {count} ({customers} of those with sales)."),
    "says_whale": Text("利润最高的 {count} 户 (有销售客户的 {customers}) 共赚 {peak}, 其余共亏 {loss}.", "The best {count} ({customers} of those with sales) earn {peak}; the others lose {loss}."),
    "says_empty": Text("没有客户达到 {tier}: 请核对门槛.", "No customer is {tier}: check the thresholds."),
    "says_bulk": Text("{customers} 的客户都是 {tier} ({count} 户): 分级区分度低, 请核对门槛.", "{customers} of customers are {tier} ({count}): the tiers tell little apart; check the thresholds."),
    "says_moves": Text("与上期相比, {up} 户升级, {down} 户降级.", "Against the previous period: {up} up, {down} down."),
    "says_still": Text("与上期相比, 没有客户变级.", "No customer changed tier against the previous period."),
    "says_new": Text("{count} 户上期没有等级.", "Without a tier in the previous period: {count}."),
    "says_held": Text("{count} 户的等级变动未生效(待评审或临界观察), 生效等级仍为上期.", "Changes of tier not in force yet (awaiting review or watched): {count}."),
    "says_loss": Text("全部利润 {total}, 不大于零: 利润占比按正利润计算, 比例类指标没有意义.", "Total profit is {total}, not above zero: shares of profit count positive profits only, and ratios mean nothing."),
    "says_idle": Text("{count} 张规则表没有可用的数据, 未判定任何客户: {tables}.", "Without data to decide by: {count} tables ({tables})."),
    "says_unapproved": Text("{count} 张规则表未批准(试运行), 共 {rules} 行.", "Not approved, on trial: {count} tables with {rules} rows."),
    "says_rules_changed": Text("与上次运行相比, 规则改动 {count} 行: {rules}.", "Rule rows changed since the last run: {count} ({rules})."),
    "says_borderline": Text("{count} 户临界: 离门槛不到一成.", "Borderline, within a tenth of a threshold: {count}."),
    "says_undecided": Text("{count} 户未判定.", "Undecided: {count}."),
    "says_missing": Text("{count} 户未判定, 缺: {columns}.", "Undecided: {count}, for want of {columns}."),
    "says_unsold": Text("{count} 户没有可用的销售额, 不计入占比.", "Without a usable sales figure, left out of the shares: {count}."),
    "says_errors": Text("{count} 处错误要改, 见 “问题”.", "Errors to correct: {count}, see Problems."),
    "says_warnings": Text("{count} 处警告, 见 “问题”.", "Warnings: {count}, see Problems."),
}
# fmt: on


def label(name: str) -> Text:
    """Return the word or sentence of a sheet or report."""
    return LABELS[name]


def because(reason: str) -> dict[str, Any]:
    """Return the why and the fix of a reason, as parameters of ``problem``."""
    why, fix = REASONS[reason]
    return {"why": why, "fix": fix}


def problem(
    code: str,
    where: Cell,
    *,
    found: Any = "",
    key: str = "",
    severity: Severity | None = None,
    **params: Any,
) -> Problem:
    """Return the Problem of a code, its sentences filled with *params* (Text values by language)."""
    message = MESSAGES[code]
    params = {"key": key, "found": found, **params}
    what, why, fix, effect = (_fill(t, params) for t in message[1:])
    return Problem(
        code, severity or message.severity, where, what, why, fix, effect, str(found), key
    )


def refuse(code: str, position: int = 0, **params: Any) -> Refusal:
    """Return a Refusal with the why and the fix of a code."""
    message = MESSAGES[code]
    return Refusal(code, _fill(message.why, params), _fill(message.fix, params), position)


def refused(
    refusal: Refusal,
    where: Cell,
    *,
    found: Any = "",
    key: str = "",
    severity: Severity | None = None,
    **params: Any,
) -> Problem:
    """Return the Problem that a Refusal is at *where*."""
    message = MESSAGES[refusal.code]
    params = {"key": key, "found": found, **params}
    what, effect = _fill(message.what, params), _fill(message.effect, params)
    return Problem(
        refusal.code,
        severity or message.severity,
        where,
        what,
        refusal.why,
        refusal.fix,
        effect,
        str(found),
        key,
    )
