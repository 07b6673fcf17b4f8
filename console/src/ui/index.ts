export { Badge, Notice } from "./badge";
export { Boundary } from "./boundary";
export { Button } from "./button";
export { Confirm, Dialog } from "./dialog";
export { CheckField, Choice, Field, SelectField, TextField } from "./field";
export { Icon, type IconName } from "./icon";
export { Card, Empty, KeyValues, type Link, PageHead, Skeleton, Stat, Table, Tabs } from "./layout";
export { Loaded, Problem, problemText } from "./loaded";
export { Time } from "./time";
