import type { ReactNode } from "react";
import { Dialog, Heading, Modal, ModalOverlay } from "react-aria-components";

/** A dialog over the page; `onClose` is missing where it must be answered. */
export function Ask({ title, children, onClose }: {
  title: string;
  children: ReactNode;
  onClose?: () => void;
}) {
  return (
    <ModalOverlay
      className="overlay"
      isOpen
      isDismissable={Boolean(onClose)}
      isKeyboardDismissDisabled={!onClose}
      onOpenChange={(open) => !open && onClose?.()}
    >
      <Modal className="modal">
        <Dialog className="dialog">
          <Heading slot="title">{title}</Heading>
          {children}
        </Dialog>
      </Modal>
    </ModalOverlay>
  );
}
