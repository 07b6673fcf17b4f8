import type { Same } from "..";
import type en from "../en/help";

export default {
  title: "快捷键",
  lead: "焦点不在输入框内时，单字母快捷键有效。",
  goTo: "前往",
  anywhere: "任意位置",
  andThen: "然后",
  thisHelp: "显示或隐藏本表",
  search: "转到页面的搜索框",
  enter: "在筛选框中：搜索",
  theme: "切换主题",
  close: "关闭对话框",
} satisfies Same<typeof en>;
