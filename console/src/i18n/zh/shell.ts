import type { Same } from "..";
import type en from "../en/shell";

export default {
  skip: "跳到正文",
  nav: "页面",
  menu: "菜单",
  settings: "设置",
  help: "快捷键与帮助",
  session: (subject, role) => `${subject}，${role}`,
  signIn: {
    title: "登录",
    lead: "粘贴 operator 或 viewer 的访问令牌。令牌只留在本页面中，只发送给本服务。",
    token: "访问令牌",
    stay: "在此标签页中保持登录",
    stayHint: "保留到标签页关闭为止。不勾选时，刷新页面后需重新登录。",
    where: "从哪里获取令牌？",
    whereText: "由服务的负责人签发。开发模式下，服务启动时会打印令牌。",
    again: "重新登录",
    expired: "令牌已不被接受。您正在进行的操作仍保留在此。",
    checking: "正在检查令牌",
    refused: "服务不接受此令牌。",
    tooSmall: "此令牌的角色权限不足，不能使用控制台。",
    malformed: "这不是令牌：令牌由点号分隔的三部分组成。",
    away: "无法连接服务，令牌本身没有问题。",
    done: (subject) => `已登录：${subject}`,
  },
  crash: {
    title: "此页面出错了",
    text: "控制台的其余部分仍可使用。重试会重新加载此页面。",
  },
  missing: {
    title: "没有这个页面",
    text: "该地址可能属于另一个版本。",
    home: "前往销售页",
  },
} satisfies Same<typeof en>;
