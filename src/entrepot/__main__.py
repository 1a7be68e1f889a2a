"""Start the command line: `python -m entrepot`, and the command `entrepot`."""

from entrepot.cli import app


def main() -> None:
    """Run the command that the arguments name; leave with its exit code."""
    app(prog_name="entrepot")


if __name__ == "__main__":
    main()
