import type { Same } from "..";
import type en from "../en/streams";

export default {
  title: "流",
  lead: "Redis 中每个商品的条目，以及由谁消费。",
  of: (name) => `${name} 的流`,
  stream: "流",
  group: "消费组",
  length: "条目数",
  lag: "未投递",
  lagUnknown: "Redis 无法给出",
  pending: "待确认",
  pendingNote: "已投递，未确认",
  oldest: "最早的待确认",
  rate: "每秒存储",
  consumers: "消费者",
  consumersNone: "目前没有消费者消费此流。",
  consumersNoneText: "有条目等待时，不会有任何结算。请按应急手册检查。",
  consumer: "消费者",
  idle: "空闲",
  lastDelivered: "最后投递",
  pendingEntries: "待确认条目",
  pendingText:
    "最新的在前。已离开的消费者的条目会由其他消费者自动认领；失败次数过多的条目会成为死信。不提供手动确认或认领。",
  pendingNone: "没有待确认的条目",
  pendingNoneText: "所有已投递的条目都已结算并确认。",
  entry: "条目",
  deliveries: "投递次数",
  sinceDelivery: "距上次投递",
  arrived: "到达",
  letters: "死信",
} satisfies Same<typeof en>;
