import type { Same } from "..";
import type en from "../en/audit";

export default {
  title: "审计",
  lead: "谁做了什么：通过 API 的每次变更、服务自行发现的情况，以及被拒绝的请求。筛选须完全匹配，例如 product.pause、product:2001。",
  actor: "操作者",
  action: "操作",
  target: "对象",
  from: "起始时间",
  to: "截止时间（不含）",
  at: "时间",
  none: "还没有任何记录",
  noneFound: "没有符合筛选条件的记录",
  noneFoundText: "筛选条件须完全匹配。",
  export: "下载（NDJSON）",
  exported: "记录已下载",
  field: "字段",
  before: "之前",
  after: "之后",
  absent: "无",
  show: (action, target) => `${action}（${target}）的详情`,
  changes: (row) => `第 ${row} 行的变更`,
  noDetail: "没有更多说明。",
} satisfies Same<typeof en>;
