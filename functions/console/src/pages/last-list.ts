/** The list that a ticket was opened from: for the way back, and for the next one. */
export type LastList = { address: string; ids: readonly string[] };

let last: LastList = { address: "#/tickets", ids: [] };

export const keepList = (list: LastList) => {
  last = list;
};
export const lastList = (): LastList => last;
