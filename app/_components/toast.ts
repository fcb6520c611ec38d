/**
 * A short message about an action whose result shows nowhere else on the page. Screen readers read
 * it, and it disappears by itself.
 */
export interface NewToast {
  text: string;
  /** A button of the toast. */
  action?: { label: string; onPress: () => void };
}

export interface ShownToast extends NewToast {
  id: number;
}

/*
 * The toasts are stored outside of React. A provider around the pages would update while content
 * below it is still streaming in, and then React renders the whole page again in the browser.
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
export function toast(newToast: NewToast): void {
  last += 1;
  set([...shown, { ...newToast, id: last }]);
}

export function dismissToast(id: number): void {
  set(shown.filter((toast) => toast.id !== id));
}

export const toastStore = {
  subscribe(listener: () => void): () => void {
    listeners.add(listener);
    return () => listeners.delete(listener);
  },
  read: () => shown,
  readOnServer: () => NONE,
};
