import { useState } from "react";
import { Autocomplete, Dialog, Input, Menu, MenuItem, Modal, ModalOverlay, SearchField } from "react-aria-components";
import { matching, offered, openPalette, type Action } from "./parts/actions";
import { address, go } from "./routing";

const ID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;
const MOST = 12;

/** What can be done here, found by its words: also values to set, other pages and tickets. */
export function Palette({ text: initial, pages }: { text: string; pages: readonly Action[] }) {
  const [text, setText] = useState(initial);
  // What was on the screen when it was opened.
  const [known] = useState(() => [...offered(), ...pages]);
  const found = [...matching(known, text), ...ticketsOf(text.trim())].slice(0, MOST);
  const act = (at: string) => {
    openPalette(null);
    found[Number(at)]?.act();
  };
  return (
    <ModalOverlay className="overlay high" isOpen isDismissable onOpenChange={(open) => !open && openPalette(null)}>
      <Modal className="modal">
        <Dialog className="palette" aria-label="Actions">
          <Autocomplete inputValue={text} onInputChange={setText}>
            <SearchField aria-label="Look for an action" className="search" autoFocus>
              <Input placeholder="An action, a value such as urgent, or a ticket" maxLength={200} />
            </SearchField>
            <Menu
              className="listbox" aria-label="Actions" onAction={(key) => act(String(key))}
              items={found.map(({ text: name }, at) => ({ id: String(at), name }))}
              renderEmptyState={() => <p className="quiet">Nothing is called so.</p>}
            >
              {({ id, name }) => <MenuItem key={id} id={id} className="option" textValue={name}>{name}</MenuItem>}
            </Menu>
          </Autocomplete>
        </Dialog>
      </Modal>
    </ModalOverlay>
  );
}

/** The ticket of an id, or the search for the words. */
function ticketsOf(text: string): Action[] {
  if (!text) return [];
  if (ID.test(text)) return [{ text: `Open ticket ${text}`, act: () => go(address(`tickets/${text}`)) }];
  return [{ text: `Search tickets for “${text}”`, act: () => go(address("tickets", new URLSearchParams({ q: text }))) }];
}
