import { Button } from "react-aria-components";
import { dismiss, useNotices, type Notice } from "./announce";

/** Results, said politely; errors at once. */
export function Notices() {
  const notices = useNotices();
  const of = (kind: Notice["kind"]) => notices.filter((each) => each.kind === kind);
  return (
    <div className="notices">
      <div role="status">{of("done").map(shown)}</div>
      <div role="alert">{of("error").map(shown)}</div>
    </div>
  );
}

const shown = ({ id, text, kind, undo }: Notice) => (
  <div key={id} className="notice" data-kind={kind}>
    <span>{text}</span>
    {undo && (
      <Button
        className="link"
        onPress={() => {
          dismiss(id);
          undo();
        }}
      >
        Undo
      </Button>
    )}
    <Button className="icon" aria-label="Dismiss" onPress={() => dismiss(id)}>
      ×
    </Button>
  </div>
);
