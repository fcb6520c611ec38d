import { describe, expect, it } from "vitest";
import {
  approveChangeEmail,
  confirmEmail,
  newAddressEmail,
  passwordResetEmail,
} from "../../../../lib/server/mail/emails";

const url = "https://app.example.com/api/auth/x?token=a.b-c_d&callbackURL=%2Fy";
const emails = {
  reset: passwordResetEmail(url),
  confirm: confirmEmail(url),
  approve: approveChangeEmail(url, "new@example.com"),
  newAddress: newAddressEmail(url),
};

describe.each(Object.entries(emails))("the email %s", (_, { subject, text, html }) => {
  it("contains its link unchanged in the text, once", () => {
    expect(text.split(url)).toHaveLength(2);
    expect(text).toContain(`:\n${url}\n`);
  });

  it("contains its link in the HTML, with & escaped", () => {
    expect(html).toContain(`href="${url.replaceAll("&", "&#38;")}"`);
  });

  it("states how long the link works, and what to do if the recipient did not request it", () => {
    expect(text).toMatch(/works for an hour/);
    expect(text).toMatch(/If you (did not request this|have no Gatehouse account)/);
    expect(subject).toMatch(/^[A-Z][\w ]+$/);
  });
});

it("an address that a user has typed is escaped in the HTML", () => {
  const { html } = approveChangeEmail(url, `"<img src=x>"@example.com`);
  expect(html).not.toContain("<img");
});
