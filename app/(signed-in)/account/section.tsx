import { type ReactNode, useId } from "react";
import { Card } from "../../_components/card";

/** One matter of the account: its heading, what is so, and what can be done. */
export function Section({
  title,
  about,
  children,
}: {
  title: string;
  about?: ReactNode;
  children: ReactNode;
}) {
  const id = useId();
  return (
    <section aria-labelledby={id} className="mt-6">
      <Card>
        <h2 id={id} className="text-lg font-semibold">
          {title}
        </h2>
        {about && <div className="mt-1 max-w-prose text-muted break-words">{about}</div>}
        <div className="mt-4 max-w-md">{children}</div>
      </Card>
    </section>
  );
}
