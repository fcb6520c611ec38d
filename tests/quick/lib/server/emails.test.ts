import { describe, expect, it } from "vitest";
import {
  approveChangeEmail,
  confirmEmail,
  newAddressEmail,
  passwordResetEmail,
} from "../../../../lib/server/mail/emails";

const url = "https://app.example.com/api/auth/x?token=a.b-c_d&callbackURL=%2Fy";
const letters = {
  reset: passwordResetEmail(url),
  confirm: confirmEmail(url),
  approve: approveChangeEmail(url, "new@example.com"),
  newAddress: newAddressEmail(url),
};

describe.each(Object.entries(letters))("the letter: %s", (_, { subject, text, html }) => {
  it("holds its link as it is in the text, and once", () => {
    expect(text.split(url)).toHaveLength(2);
    expect(text).toContain(`:\n${url}\n`);
  });

  it("holds its link in the HTML, where & is a character of its own", () => {
    expect(html).toContain(`href="${url.replaceAll("&", "&#38;")}"`);
  });

  it("says how long the link works, and what to do when one did not ask", () => {
    expect(text).toMatch(/works for an hour/);
    expect(text).toMatch(/If you (did not request this|have no Gatehouse account)/);
    expect(subject).toMatch(/^[A-Z][\w ]+$/);
  });
});

it("an address that somebody has typed is no markup", () => {
  const { html } = approveChangeEmail(url, `"<img src=x>"@example.com`);
  expect(html).not.toContain("<img");
});
