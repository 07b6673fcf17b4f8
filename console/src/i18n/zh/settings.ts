import type { Same } from "..";
import type en from "../en/settings";

export default {
  title: "设置",
  lead: "保存在此浏览器中。",
  language: "语言",
  theme: "主题",
  themes: { system: "跟随系统", light: "浅色", dark: "深色" },
  density: "密度",
  densities: { comfortable: "宽松", compact: "紧凑" },
  densityHint: "紧凑模式显示更多行。",
  keys: "单字母快捷键",
  keysHint: "如与屏幕阅读器或语音输入冲突，可关闭。",
  keysOn: "开",
  keysOff: "关",
  session: "会话",
  subject: "主体",
  role: "角色",
  expires: "令牌到期",
  allowed: "允许的操作",
} satisfies Same<typeof en>;
