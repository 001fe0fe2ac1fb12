import { Button, type ButtonProps } from "react-aria-components";

/** A button whose action is under way keeps its focus, and does not act twice. */
export function Push({ busy = false, onPress, ...props }: ButtonProps & { busy?: boolean }) {
  return <Button {...props} data-pending={busy || undefined} onPress={busy ? () => undefined : onPress} />;
}
