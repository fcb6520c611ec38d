/** What was done, where nothing beside the button says it. It is read out, and goes away by itself. */
export interface NewToast {
  text: string;
  /** What can be done about it for as long as it shows. */
  action?: { label: string; onPress: () => void };
}

export interface ShownToast extends NewToast {
  id: number;
}

/*
 * Kept outside of React: a provider around the pages would be an update above what is still streaming in, and React
 * answers that by rendering the page a second time in the browser.
 */
let shown: readonly ShownToast[] = [];
let last = 0;
const NONE: readonly ShownToast[] = [];
const listeners = new Set<() => void>();

function set(next: readonly ShownToast[]): void {
  shown = next;
  for (const listener of listeners) listener();
}

/** Shows a toast in `<Toasts>`. */
export function toast(what: NewToast): void {
  last += 1;
  set([...shown, { ...what, id: last }]);
}

export function dismissToast(id: number): void {
  set(shown.filter((one) => one.id !== id));
}

export const toastStore = {
  subscribe(listener: () => void): () => void {
    listeners.add(listener);
    return () => listeners.delete(listener);
  },
  read: () => shown,
  readOnServer: () => NONE,
};
