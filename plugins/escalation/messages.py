"""What can be wrong in escalation."""

from __future__ import annotations

from kamrules.plugin import Text, message

# fmt: off
NOBODY_IN_ROLE = message("W717", kind="calendar",
    what=("{count} 次升级没有找到 {role}", "nobody was found as {role} for {count} notices"),
    why=("沿 人员 表的 直接上级 找不到在职的人: {found}",
         "going up by Manager in the Staff sheet leads to nobody in office: {found}"),
    fix=("补全 人员 表的 岗位, 直接上级 和 在职",
         "complete Role, Manager and Active in the Staff sheet"),
    effect=("通知写给岗位, 没有姓名", "the notice names the role without a person"),
    example={"role": Text("大客户总监", "key account director"), "count": 2, "found": "王敏"})
BUILT_IN_DECIDED = message("W720", kind="calendar", severity="notice",
    what=("{count} 个客户的关联规则改由内置引擎判定",
          "case rules of {count} customers were decided by the built-in matcher"),
    why=("durable-rules: {found}", "durable-rules: {found}"),
    fix=("结果不受影响, 不用处理", "results are the same; nothing to do"),
    effect=("两种引擎的结果相同", "both engines give the same results"),
    example={"count": 2, "found": "timeout"})
ENGINES_DISAGREE = message("E721", kind="cases",
    what=("两种引擎的关联规则结果不同: 客户 {found}",
          "the two engines disagree about case rules: customer {found}"),
    why=("durable-rules: {durable}; 内置引擎: {builtin}",
         "durable-rules: {durable}; the built-in matcher: {builtin}"),
    fix=("把这个工作簿报告给 kamrules 的维护者; 用 --case-engine builtin 继续",
         "report this workbook to the maintainers of kamrules; go on with --case-engine builtin"),
    effect=("采用内置引擎的结果", "the results of the built-in matcher are used"),
    example={"found": "KA1001", "durable": "L2", "builtin": "L1"})
NO_DURABLE_RULES = message("W722", kind="calendar",
    what=("没有安装 durable-rules", "durable-rules is not installed"),
    why=("--case-engine {found} 需要它", "--case-engine {found} needs it"),
    fix=("pip install 'kamrules[durable]', 或用 --case-engine builtin",
         "pip install 'kamrules[durable]', or use --case-engine builtin"),
    effect=("由内置引擎判定, 结果相同", "the built-in matcher decided; results are the same"),
    example={"found": "durable"})
# fmt: on
