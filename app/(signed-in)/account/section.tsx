import { type ReactNode, useId } from "react";
import { Card } from "@/app/_components/card";

/** One section of the account page: a heading, the current state, and the possible actions. */
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
