import { body } from "./client";
import type { Schemas } from "./queries";

type Asked = Parameters<typeof body<Schemas["FileLink"]>>[0];

/**
 * Lets the browser save the file behind a link of one minute. The policy of the page forbids to load
 * from another origin, but a link may be opened: since it is an attachment, the page stays.
 */
export async function save(asked: Asked): Promise<void> {
  location.assign((await body(asked)).url);
}
