import { useState } from "preact/hooks";
import { t } from "../i18n";
import { toast } from "../lib/announce";
import { api } from "../lib/api";
import type { Order } from "../lib/types";
import { Button, Confirm, TextField } from "../ui";

interface Acting {
  order: Order;
  /** onDone is called once something was done. */
  onDone(): void;
}

/** OrderActs is what an operator can do to an order. */
export function OrderActs({ order, onDone }: Acting) {
  const { attempts } = t();
  const [asked, setAsked] = useState<"pay" | "cancel">();
  const close = () => setAsked(undefined);
  const { status } = order;
  const payable = status === "PENDING_PAYMENT";
  const cancellable = payable || status === "CONFIRMED";
  return (
    <>
      <Button
        icon="check"
        action="order.pay"
        reason={payable ? undefined : attempts.cannotPay(attempts.statuses[status])}
        onClick={() => setAsked("pay")}
      >
        {attempts.pay}
      </Button>
      <Button
        icon="close"
        action="order.cancel"
        reason={cancellable ? undefined : attempts.cannotCancel(attempts.statuses[status])}
        onClick={() => setAsked("cancel")}
      >
        {attempts.cancel}
      </Button>
      {asked === "pay" && <Pay order={order} onDone={onDone} onClose={close} />}
      {asked === "cancel" && <Cancel order={order} onDone={onDone} onClose={close} />}
    </>
  );
}

function Pay({ order: { orderId }, onDone, onClose }: Acting & { onClose(): void }) {
  const { attempts } = t();
  const [ref, setRef] = useState("");
  const run = async () => {
    await api.payOrder(orderId, ref).finally(onDone);
    toast("ok", attempts.paid(orderId));
  };
  return (
    <Confirm title={attempts.payTitle(orderId)} act={attempts.pay} run={run} onClose={onClose}>
      <p>{attempts.payText}</p>
      <TextField
        label={attempts.paymentRef}
        hint={attempts.payRefHint}
        value={ref}
        onValue={setRef}
        autocomplete="off"
        required
        autofocus
      />
    </Confirm>
  );
}

function Cancel({ order: { orderId }, onDone, onClose }: Acting & { onClose(): void }) {
  const { attempts } = t();
  const run = async () => {
    await api.cancelOrder(orderId).finally(onDone);
    toast("ok", attempts.cancelled(orderId));
  };
  return (
    <Confirm title={attempts.cancelTitle(orderId)} act={attempts.cancel} danger run={run} onClose={onClose}>
      <p>{attempts.cancelText}</p>
    </Confirm>
  );
}
